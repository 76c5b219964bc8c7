//! `hooks install --service`. A script takes the place of `systemctl` and notes its arguments.

#[cfg(feature = "nats")]
mod sharing;
#[cfg(not(feature = "nats"))]
mod without_nats;

use std::process::Command;

use fs_err as fs;

use super::installation::Installation;
use crate::sandbox::run_with_input;

const UNIT: &str = ".config/systemd/user/session-signals.service";

/// Makes a home with a `systemctl` that notes its arguments.
fn with_systemctl() -> Installation {
    let installation = Installation::new();
    set_systemctl(&installation, "exit 0");
    installation
}

fn set_systemctl(installation: &Installation, then: &str) {
    installation.write_script("bin/systemctl", &format!("echo \"$@\" >>~/bin/calls\n{then}"));
}

/// Returns the arguments since the last call of this function.
fn take_calls(installation: &Installation) -> Vec<String> {
    let calls = fs::read_to_string(installation.path("bin/calls")).unwrap_or_default();
    let _ = fs::remove_file(installation.path("bin/calls"));
    calls.lines().map(str::to_owned).collect()
}

const START: [&str; 3] =
    ["--user daemon-reload", "--user enable session-signals.service", "--user restart session-signals.service"];

#[test]
fn the_service_comes_and_goes() {
    let installation = with_systemctl();
    let untouched = installation.list_files();
    let output = installation.run_successfully(&["install", "--service"]);
    assert!(output.contains(&format!("\nService: ~/{UNIT}, on http://127.0.0.1:4450\n")), "{output}");
    let unit = installation.read_file(UNIT);
    assert!(
        unit.contains(&format!("\nExecStart=\"{}\" serve\n", installation.executable_path("sessions").display())),
        "{unit}"
    );
    assert!(!unit.contains("Environment="), "{unit}");
    // systemd never gives up: what keeps the server from starting may be over later.
    assert!(unit.contains("\nStartLimitIntervalSec=0\n\n[Service]\n"), "{unit}");
    assert_eq!(take_calls(&installation), START);
    let version = run_with_input(installation.command(&installation.executable_path("sessions")).arg("--version"), "");
    assert!(version.stdout.starts_with("sessions "), "{version:?}");
    // An install without --service does not touch the service. One with --service restarts it.
    installation.run_successfully(&["install"]);
    assert_eq!(take_calls(&installation), [""; 0]);
    assert!(installation.run_successfully(&["install", "--service"]).starts_with("Already installed"));
    assert_eq!(take_calls(&installation), START);
    // A new executable restarts the service.
    fs::write(installation.executable_path("sessions"), "an older one").unwrap();
    installation.run_successfully(&["install"]);
    assert_eq!(take_calls(&installation), START);
    let output = installation.run_successfully(&["install", "--no-service"]);
    assert!(output.contains(&format!("\nService removed: ~/{UNIT}\n")), "{output}");
    assert_eq!(take_calls(&installation), ["--user disable --now session-signals.service"]);
    assert!(!installation.path(UNIT).exists());
    installation.run_successfully(&["install", "--no-service"]);
    assert_eq!(take_calls(&installation), [""; 0]);
    // Uninstall removes the service, too.
    installation.run_successfully(&["install", "--service"]);
    take_calls(&installation);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(take_calls(&installation), ["--user disable --now session-signals.service"]);
    let mut left = installation.list_files();
    left.retain(|name| !name.starts_with(".config") && !name.starts_with(".claude/backups") && name != ".claude");
    assert_eq!(left, untouched);
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let installation = with_systemctl();
    let shown = installation.run_hooks(&["install", "--service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be written")), "{shown:?}");
    assert!(!installation.path(".config").exists());
    assert_eq!(take_calls(&installation), [""; 0]);
    installation.run_successfully(&["install", "--service"]);
    take_calls(&installation);
    let shown = installation.run_hooks(&["install", "--no-service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be removed")), "{shown:?}");
    assert_eq!(take_calls(&installation), [""; 0]);
}

#[test]
fn a_dry_run_without_options_names_a_service_that_would_be_updated() {
    let installation = with_systemctl();
    installation.run_successfully(&["install", "--service"]);
    take_calls(&installation);
    assert_eq!(installation.run_json(&["install", "--dry-run"]).1["warnings"], serde_json::json!([]));
    let older = installation.read_file(UNIT).replace("RestartSec=5", "RestartSec=9");
    installation.write_file(UNIT, &older);
    let (_, planned) = installation.run_json(&["install", "--dry-run"]);
    let sentence = format!("~/{UNIT} would be written, and its `sessions serve` started");
    assert_eq!(planned["warnings"], serde_json::json!([sentence]));
    assert_eq!((take_calls(&installation), installation.read_file(UNIT)), (Vec::new(), older));
}

#[test]
fn a_failing_service_manager_is_a_problem_and_the_rest_is_done() {
    let installation = with_systemctl();
    set_systemctl(&installation, "echo 'Failed to connect to bus' >&2; exit 1");
    let result = installation.run_hooks(&["install", "--service"]);
    assert_eq!(result.code, Some(3), "{result:?}");
    assert!(result.stderr.contains("`systemctl --user daemon-reload` failed, run it by hand:"), "{result:?}");
    assert!(result.stderr.contains("Failed to connect to bus"), "{result:?}");
    assert!(installation.path(UNIT).exists() && installation.executable_path("hook-stop").exists());
    let (code, report) = installation.run_json(&["install", "--service"]);
    assert_eq!((code, &report["outcome"]), (3, &"partly".into()));
    assert!(report["service"].as_str().unwrap().ends_with(UNIT), "{report}");
}

#[test]
fn doctor_checks_the_service() {
    let installation = with_systemctl();
    installation.run_successfully(&["install", "--service"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    fs::remove_file(installation.executable_path("sessions")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    installation.run_successfully(&["doctor", "--fix"]);
    installation.write_file(UNIT, &installation.read_file(UNIT).replace("RestartSec=5", "RestartSec=9"));
    assert_eq!(installation.find_ids(), ["service-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    set_systemctl(&installation, "[ \"$2\" != is-active ] || { echo failed; exit 3; }");
    assert_eq!(installation.find_ids(), ["service-not-running"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("(systemctl says: failed): `hooks install --service` starts it again"), "{output}");
    assert!(!output.contains("by hand"), "{output}");
}

#[test]
fn the_service_of_another_config_dir_is_replaced_with_a_warning() {
    let installation = with_systemctl();
    installation.run_successfully(&["install", "--service"]);
    let unit = installation.read_file(UNIT);
    let other = |argument: &str| installation.run_hooks_in(&installation.path("other"), &["install", argument]);
    let planned = installation.run_hooks_in(&installation.path("other"), &["install", "--no-service", "--dry-run"]);
    let kept = other("--no-service");
    assert_eq!((planned.code, &planned.stderr), (kept.code, &kept.stderr));
    assert_eq!((kept.code, installation.read_file(UNIT)), (Some(3), unit), "{kept:?}");
    assert!(kept.stderr.contains("belongs to another configuration directory, so it was not changed"), "{kept:?}");
    let taken = other("--service");
    assert!(taken.code == Some(0) && taken.stderr.contains("belongs to this one now"), "{taken:?}");
    assert!(installation.read_file(UNIT).contains("CLAUDE_CONFIG_DIR="));
}

#[test]
fn the_service_calls_the_user_until_it_is_told_not_to() {
    let installation = with_systemctl();
    let line =
        |end: &str| format!("\nExecStart=\"{}\" serve{end}\n", installation.executable_path("sessions").display());
    let calling = line(" --notify desktop");
    installation.run_successfully(&["install", "--service"]);
    installation.run_successfully(&["install", "--service", "--notify", "desktop"]);
    assert!(installation.read_file(UNIT).contains(&calling), "{}", installation.read_file(UNIT));
    // It stays so: a later installation, a repair and doctor know it.
    installation.run_successfully(&["install"]);
    installation.run_successfully(&["install", "--service"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    installation.write_file(UNIT, &installation.read_file(UNIT).replace("RestartSec=5", "RestartSec=9"));
    assert_eq!(installation.find_ids(), ["service-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert!(installation.read_file(UNIT).contains(&calling));
    installation.run_successfully(&["install", "--service", "--notify", "none"]);
    assert!(installation.read_file(UNIT).contains(&line("")));
    installation.run_successfully(&["install", "--service", "--notify", "desktop"]);
    installation.run_successfully(&["install", "--no-service"]);
    installation.run_successfully(&["install", "--service"]);
    assert!(installation.read_file(UNIT).contains(&line("")), "what was removed is forgotten");
}

#[test]
fn a_service_has_no_bell_and_needs_to_be_asked_for() {
    let refused = with_systemctl().run_hooks(&["install", "--service", "--notify", "bell"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("desktop, none"), "{refused:?}");
    let refused = with_systemctl().run_hooks(&["install", "--notify", "desktop"]);
    assert!(refused.code == Some(2) && refused.stderr.contains("--service"), "{refused:?}");
}

#[test]
fn service_and_no_service_exclude_each_other() {
    assert_eq!(with_systemctl().run_hooks(&["install", "--service", "--no-service"]).code, Some(2));
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_accepts_the_unit_with_any_path() {
    for name in ["plain", "two words", "100% \"quoted\" \\ $HOME 'n it"] {
        let installation = with_systemctl();
        let config = installation.path(name);
        let result = installation.run_hooks_in(&config, &["install", "--service", "--notify", "desktop"]);
        assert_eq!(result.code, Some(0), "{result:?}");
        let analyzed = Command::new("systemd-analyze")
            .args(["--user", "verify", "--recursive-errors=no"])
            .arg(installation.path(UNIT))
            .env("HOME", installation.path(""))
            .env("XDG_RUNTIME_DIR", installation.path(""))
            .output()
            .unwrap();
        // systemd-analyze checks, among other things, that the executable exists.
        let output = String::from_utf8_lossy(&analyzed.stderr);
        assert!(analyzed.status.success() && output.is_empty(), "{name}: {output}\n{}", installation.read_file(UNIT));
    }
}
