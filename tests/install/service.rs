//! `hooks install --service`: what systemd is told, by an executable that notes it, and what systemd says of the unit.

use std::process::Command;

use fs_err as fs;

use super::installation::Installation;
use crate::sandbox::{executable, outcome};

const UNIT: &str = ".config/systemd/user/session-signals.service";

/// A home whose `systemctl` notes what it is told.
fn installation() -> Installation {
    let installation = Installation::new();
    systemctl(&installation, "exit 0");
    installation
}

fn systemctl(installation: &Installation, then: &str) {
    installation.write_script("bin/systemctl", &format!("echo \"$@\" >>~/bin/told\n{then}"));
}

/// What it was told since the last look.
fn warned(installation: &Installation) -> Vec<String> {
    let warned = fs::read_to_string(installation.path("bin/told")).unwrap_or_default();
    let _ = fs::remove_file(installation.path("bin/told"));
    warned.lines().map(str::to_owned).collect()
}

const START: [&str; 3] =
    ["--user daemon-reload", "--user enable session-signals.service", "--user restart session-signals.service"];

#[test]
fn the_service_comes_and_goes() {
    let installation = installation();
    let untouched = installation.list_files();
    let output = installation.run_successfully(&["install", "--service"]);
    assert!(output.contains(&format!("\nService: ~/{UNIT}, on http://127.0.0.1:4450\n")), "{output}");
    let unit = installation.read_file(UNIT);
    assert!(
        unit.contains(&format!("\nExecStart=\"{}\" serve\n", installation.executable_path("sessions").display())),
        "{unit}"
    );
    assert!(!unit.contains("Environment="), "{unit}");
    assert_eq!(warned(&installation), START);
    let version = outcome(installation.command(&installation.executable_path("sessions")).arg("--version"), "");
    assert!(version.stdout.starts_with("sessions "), "{version:?}");
    // It is kept as it is by an install that does not ask for it, and started anew by one that does.
    installation.run_successfully(&["install"]);
    assert_eq!(warned(&installation), [""; 0]);
    assert!(installation.run_successfully(&["install", "--service"]).starts_with("Already installed"));
    assert_eq!(warned(&installation), START);
    // A newer executable is taken up.
    fs::write(installation.executable_path("sessions"), "an older one").unwrap();
    installation.run_successfully(&["install"]);
    assert_eq!(warned(&installation), START);
    let output = installation.run_successfully(&["install", "--no-service"]);
    assert!(output.contains(&format!("\nService removed: ~/{UNIT}\n")), "{output}");
    assert_eq!(warned(&installation), ["--user disable --now session-signals.service"]);
    assert!(!installation.path(UNIT).exists());
    installation.run_successfully(&["install", "--no-service"]);
    assert_eq!(warned(&installation), [""; 0]);
    // It goes with the hooks.
    installation.run_successfully(&["install", "--service"]);
    warned(&installation);
    installation.run_successfully(&["uninstall"]);
    assert_eq!(warned(&installation), ["--user disable --now session-signals.service"]);
    let mut left = installation.list_files();
    left.retain(|name| !name.starts_with(".config") && !name.starts_with(".claude/backups") && name != ".claude");
    assert_eq!(left, untouched);
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let installation = installation();
    let shown = installation.run_hooks(&["install", "--service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be written")), "{shown:?}");
    assert!(!installation.path(".config").exists());
    assert_eq!(warned(&installation), [""; 0]);
    installation.run_successfully(&["install", "--service"]);
    warned(&installation);
    let shown = installation.run_hooks(&["install", "--no-service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be removed")), "{shown:?}");
    assert_eq!(warned(&installation), [""; 0]);
}

#[test]
fn a_manager_that_fails_is_told_of_and_the_rest_is_done() {
    let installation = installation();
    systemctl(&installation, "echo 'Failed to connect to bus' >&2; exit 1");
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
fn doctor_looks_at_the_service() {
    let installation = installation();
    installation.run_successfully(&["install", "--service"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    fs::remove_file(installation.executable_path("sessions")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    installation.run_successfully(&["doctor", "--fix"]);
    installation.write_file(UNIT, &installation.read_file(UNIT).replace("RestartSec=1", "RestartSec=9"));
    assert_eq!(installation.find_ids(), ["service-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    systemctl(&installation, "[ \"$2\" != is-active ] || { echo failed; exit 3; }");
    assert_eq!(installation.find_ids(), ["service-not-running"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("(systemctl says: failed): `hooks install --service` starts it again"), "{output}");
    assert!(!output.contains("by hand"), "{output}");
}

#[test]
fn the_service_of_another_config_dir_is_not_taken_unsaid() {
    let installation = installation();
    installation.run_successfully(&["install", "--service"]);
    let unit = installation.read_file(UNIT);
    let other = |argument: &str| {
        let mut hooks = installation.command(&executable("hooks"));
        outcome(hooks.args(["install", argument]).env("CLAUDE_CONFIG_DIR", installation.path("other")), "")
    };
    let kept = other("--no-service");
    assert_eq!((kept.code, installation.read_file(UNIT)), (Some(3), unit), "{kept:?}");
    assert!(kept.stderr.contains("belongs to another configuration directory, so it was not changed"), "{kept:?}");
    let taken = other("--service");
    assert!(taken.code == Some(0) && taken.stderr.contains("belongs to this one now"), "{taken:?}");
    assert!(installation.read_file(UNIT).contains("CLAUDE_CONFIG_DIR="));
}

#[test]
fn both_at_once_is_wrong_usage() {
    assert_eq!(installation().run_hooks(&["install", "--service", "--no-service"]).code, Some(2));
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_takes_the_unit_whatever_the_path_holds() {
    for name in ["plain", "two words", "100% \"quoted\" \\ $HOME 'n it"] {
        let installation = installation();
        let config = installation.path(name);
        let mut hooks = installation.command(&executable("hooks"));
        let result = outcome(hooks.args(["install", "--service"]).env("CLAUDE_CONFIG_DIR", &config), "");
        assert_eq!(result.code, Some(0), "{result:?}");
        let analyzed = Command::new("systemd-analyze")
            .args(["--user", "verify", "--recursive-errors=no"])
            .arg(installation.path(UNIT))
            .env("HOME", installation.path(""))
            .env("XDG_RUNTIME_DIR", installation.path(""))
            .output()
            .unwrap();
        // It checks, among others, that the executable is there.
        let output = String::from_utf8_lossy(&analyzed.stderr);
        assert!(analyzed.status.success() && output.is_empty(), "{name}: {output}\n{}", installation.read_file(UNIT));
    }
}
