//! Files of the registry, as the real CLI wrote them.

use std::time::{Duration, SystemTime};

use session_signals_protocol::cli_process;

use super::{at, fixture};
use crate::host::Host;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::registry_file::RegistryFile;

/// Returns a recorded file as if it were of this process: `pid`, `procStart` and `pidDomain` are ours.
fn as_ours(name: &str) -> String {
    let mut file: serde_json::Value = serde_json::from_slice(&fixture(&format!("registry/{name}.json"))).unwrap();
    let pid = std::process::id();
    file["pid"] = pid.into();
    file["procStart"] = own_start().into();
    if let Some(namespace) = Host::read().namespace().filter(|_| file.get("pidDomain").is_some()) {
        let is_mac = cfg!(target_os = "macos");
        file["pidDomain"] = if is_mac { "darwin".into() } else { format!("linux:3d12:pid:[{namespace}]").into() };
    }
    file.to_string()
}

/// Returns the start of this process as the CLI would write it.
fn own_start() -> String {
    let start = cli_process::read_stat(std::process::id()).unwrap().start;
    if cfg!(target_os = "linux") {
        return start.to_string();
    }
    let pid = std::process::id().to_string();
    let mut ps = std::process::Command::new("/bin/ps");
    let output = ps.args(["-o", "lstart=", "-p", &pid]).env("LC_ALL", "C").env("TZ", "UTC").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Returns an entry as if its process were in another pid namespace.
fn in_namespace_1(text: &str) -> String {
    let mut file: serde_json::Value = serde_json::from_str(text).unwrap();
    file["pidDomain"] = "linux:3d12:pid:[1]".into();
    file.to_string()
}

/// Parses a file that has the PID of this process in its name.
fn parse(text: &str) -> Option<RegistryFile> {
    RegistryFile::parse(text.as_bytes(), at(0), &std::process::id().to_string(), &Host::read())
}

/// Parses the entry of a process that lives.
fn vouched(text: &str) -> RegistryEntry {
    match parse(text) {
        Some(RegistryFile::Vouched(entry)) => entry,
        _ => panic!("{text}"),
    }
}

#[test]
fn reads_the_registry_of_both_cli_versions() {
    for (name, status) in [
        ("busy", RegistryStatus::Busy),
        ("idle", RegistryStatus::Idle),
        ("waiting-permission", RegistryStatus::Permission),
        ("waiting-permission-2.1.197", RegistryStatus::Permission),
    ] {
        let entry = vouched(&as_ours(name));
        assert_eq!(entry.status, status, "{name}");
        assert_eq!(entry.cwd.unwrap().to_str(), Some("/home/dev/work"));
    }
    let entry = vouched(&as_ours("busy"));
    assert_eq!(entry.status_changed_at, SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_246_536_588));
    for (waiting_for, status) in [
        ("input needed", RegistryStatus::Question),
        ("dialog open", RegistryStatus::Dialog),
        ("something new", RegistryStatus::Other),
    ] {
        let entry = vouched(&as_ours("waiting-permission").replace("permission prompt", waiting_for));
        assert_eq!(entry.status, status);
    }
}

#[test]
fn a_registry_file_without_a_status_is_silent_and_not_skipped() {
    // A CLI writes such a file in its first second, and a CLI before 2.1.139 always.
    let file = parse(&as_ours("busy").replace("\"status\"", "\"formerly\"").replace("statusUpdatedAt", "then"));
    assert!(matches!(file, Some(RegistryFile::Silent)));
}

#[test]
fn spare_and_parked_entries_are_not_sessions() {
    let with = |members: &str| parse(&as_ours("idle").replace("\"kind\":\"interactive\"", members));
    assert!(matches!(with(r#""kind":"interactive","spare":false"#), Some(RegistryFile::Vouched(_))));
    assert!(matches!(with(r#""kind":"bg","jobId":"895ffc8e""#), Some(RegistryFile::Vouched(_))));
    assert!(matches!(with(r#""kind":"bg","spare":true"#), Some(RegistryFile::Spare(_))));
    let other_namespace = as_ours("idle").replace("\"kind\":\"interactive\"", r#""kind":"bg","spare":true"#);
    let other_namespace = in_namespace_1(&other_namespace);
    assert!(
        matches!(parse(&other_namespace), Some(RegistryFile::Spare(_))),
        "it is not known whether the process lives"
    );
    assert!(matches!(with(r#""kind":"interactive","parkedJobId":"895ffc8e""#), Some(RegistryFile::Parked(_))));
    for silent in [r#""kind":"daemon""#, r#""kind":"daemon-worker""#] {
        assert!(matches!(with(silent), Some(RegistryFile::Silent)), "{silent}");
    }
}

#[test]
fn a_registry_entry_counts_only_while_its_process_lives() {
    let ours = as_ours("busy");
    let is_silent = |text: &str| matches!(parse(text), Some(RegistryFile::Silent));
    let another = if cfg!(target_os = "macos") { "Sat Nov 28 18:34:34 2020" } else { "17" };
    assert!(is_silent(&ours.replace(&own_start(), another)), "another process has the PID now");
    assert!(RegistryFile::parse(ours.as_bytes(), at(0), "1", &Host::read()).is_none(), "the name has another PID");
    let other_namespace = parse(&in_namespace_1(&ours));
    assert!(matches!(other_namespace, Some(RegistryFile::Unproven(entry)) if entry.namespace.as_deref() == Some("1")));
    for invalid in ["", "{", "[]", "null", r#"{"pid":1}"#, &ours[..ours.len() - 1]] {
        assert!(parse(invalid).is_none(), "{invalid}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_entry_of_a_mac_that_shares_the_directory_is_not_of_this_machine() {
    // The PID of the Mac's process is also that of a process here, which lives.
    let mut file: serde_json::Value = serde_json::from_str(&as_ours("busy")).unwrap();
    file["procStart"] = "Sat Nov 28 18:34:34 2026".into();
    for domain in [Some("darwin"), None] {
        match domain {
            Some(domain) => file["pidDomain"] = domain.into(),
            None => drop(file.as_object_mut().unwrap().remove("pidDomain")),
        }
        let Some(RegistryFile::Unproven(entry)) = parse(&file.to_string()) else { panic!("{domain:?}") };
        assert_eq!((entry.namespace.as_deref(), entry.start, entry.is_of_this_host), (Some("0"), None, false));
    }
}

#[test]
fn a_registry_file_with_an_invalid_id_or_time_is_not_understood() {
    let with = |member: &str, value: serde_json::Value| {
        let mut file: serde_json::Value = serde_json::from_str(&as_ours("busy")).unwrap();
        file[member] = value;
        match parse(&file.to_string()) {
            Some(RegistryFile::Vouched(entry)) => Some(entry),
            _ => None,
        }
    };
    for id in ["\u{1b}[31mX", "", "..", "a/b", &"x".repeat(129)] {
        assert!(with("sessionId", id.into()).is_none(), "{id:?}");
    }
    let entry = with("statusUpdatedAt", 99_999_999_999_999_999_u64.into()).unwrap();
    assert_eq!(Some(entry.status_changed_at), entry.started_at);
    assert_eq!(with("startedAt", u64::MAX.into()).unwrap().started_at, None);
}
