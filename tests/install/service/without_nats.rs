//! A service whose `sessions` was built without the client of NATS.

use super::{START, UNIT, take_calls, with_systemctl};

const MISSING: &str = "this executable was built without the client of NATS";

#[test]
fn a_service_is_not_told_to_do_what_it_cannot() {
    let installation = with_systemctl();
    installation.run_successfully(&["install", "--service"]);
    take_calls(&installation);
    let unit = installation.read_file(UNIT);
    for option in ["--publish", "--from"] {
        let refused = installation.run_hooks(&["install", "--service", option, "tls://a.example"]);
        assert!(refused.code == Some(1) && refused.stderr.contains(MISSING), "{refused:?}");
        assert_eq!((take_calls(&installation), installation.read_file(UNIT)), (Vec::new(), unit.clone()));
    }
}

#[test]
fn a_service_that_did_it_before_runs_and_the_missing_client_is_named() {
    let installation = with_systemctl();
    installation.run_successfully(&["install", "--service"]);
    let plain = installation.read_file(UNIT);
    for part in [r#""--publish" "tls://a.example""#, r#""--from" "tls://a.example""#] {
        let sharing = plain.replace(" serve\n", &format!(" serve {part} \"--keep-serving\"\n"));
        installation.write_file(UNIT, &sharing);
        take_calls(&installation);
        fs_err::write(installation.executable_path("sessions"), "an older one, with the client").unwrap();
        let updated = installation.run_hooks(&["install"]);
        assert!(updated.code == Some(3) && updated.stderr.contains(MISSING), "{updated:?}");
        assert_eq!(
            (take_calls(&installation), installation.read_file(UNIT)),
            (START.map(str::to_owned).to_vec(), sharing)
        );
    }
    installation.run_successfully(&["install", "--service", "--publish", "none", "--from", "none"]);
    assert_eq!(installation.read_file(UNIT), plain);
}
