//! The start of a process as the CLI notes it.

use serde_json::json;

use crate::pid_domain::PidDomain;
use crate::recorded_start::RecordedStart;

#[test]
fn the_start_is_in_ticks_on_linux_and_a_date_on_macos() {
    for (member, start) in [
        (json!("110605"), Some(RecordedStart::Ticks(110_605))),
        (json!(110_605), Some(RecordedStart::Ticks(110_605))),
        (json!("Sat Nov 28 18:34:34 2026"), Some(RecordedStart::Seconds(1_795_890_874))),
        (json!("Thu Jan  1 00:00:07 1970"), Some(RecordedStart::Seconds(7))),
        (json!("Sun Feb 29 12:00:00 2032"), Some(RecordedStart::Seconds(1_961_668_800))),
        (json!("Fri Feb 29 12:00:00 2030"), None),
        (json!("Sa 28 Nov 18:34:34 2026"), None),
        (json!("Sat Nov 28 18:34:34"), None),
        (json!("Sat Nov 28 18:34 2026"), None),
        (json!("Sat Nov 28 18:34:34 99999"), None),
        (json!("Sat Nov 28 18:34:34 1969"), None),
        (json!(""), None),
        (json!(-1), None),
    ] {
        assert_eq!(RecordedStart::parse(&member), start, "{member}");
    }
}

#[test]
fn seconds_become_the_start_of_the_process_if_it_started_in_that_second() {
    let start = RecordedStart::Seconds(1_795_890_874);
    assert_eq!(start.with_found(|| Some(1_795_890_874_000_000)), 1_795_890_874_000_000);
    assert_eq!(start.with_found(|| Some(1_795_890_874_999_999)), 1_795_890_874_999_999);
    // Another process has the PID now, or none that the system describes. Both differ from what is found.
    for found in [Some(1_795_890_875_000_000), Some(1_795_890_873_999_999), Some(0), None] {
        assert_eq!(start.with_found(|| found), 1_795_890_874_000_000, "{found:?}");
    }
    assert_eq!(RecordedStart::Ticks(17).with_found(|| Some(18)), 17);
}

#[test]
fn the_domain_of_a_mac_is_another_one_than_those_of_linux() {
    let domain = |machine, namespace| Some(PidDomain { machine, namespace });
    let (ticks, seconds) = (Some(RecordedStart::Ticks(17)), Some(RecordedStart::Seconds(17)));
    assert_eq!(PidDomain::parse(Some("linux:3d12:pid:[4026531836]"), ticks), domain("3d12", "4026531836"));
    assert_eq!(PidDomain::parse(Some("pid:[1"), ticks), None);
    assert_eq!(PidDomain::parse(Some("darwin"), seconds), domain("", "0"));
    // An old CLI writes none. The form of the start tells the system.
    let is_mac = cfg!(target_os = "macos");
    assert_eq!(PidDomain::parse(None, seconds), domain("", "0").filter(|_| !is_mac));
    assert_eq!(PidDomain::parse(None, ticks), domain("", "").filter(|_| is_mac));
    assert_eq!(PidDomain::parse(None, None), None);
}
