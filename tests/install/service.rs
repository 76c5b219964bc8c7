//! `hooks install --service`: what systemd is told, by an executable that notes it, and what systemd says of the unit.

use std::process::Command;

use fs_err as fs;

use super::home::Home;
use crate::sandbox::{executable_path, run_with_input};

const UNIT: &str = ".config/systemd/user/session-signals.service";

/// A home whose `systemctl` notes what it is told.
fn home() -> Home {
    let home = Home::new();
    systemctl(&home, "exit 0");
    home
}

fn systemctl(home: &Home, then: &str) {
    home.script("bin/systemctl", &format!("echo \"$@\" >>~/bin/told\n{then}"));
}

/// What it was told since the last look.
fn told(home: &Home) -> Vec<String> {
    let told = fs::read_to_string(home.path("bin/told")).unwrap_or_default();
    let _ = fs::remove_file(home.path("bin/told"));
    told.lines().map(str::to_owned).collect()
}

const START: [&str; 3] =
    ["--user daemon-reload", "--user enable session-signals.service", "--user restart session-signals.service"];

#[test]
fn the_service_comes_and_goes() {
    let home = home();
    let untouched = home.everything();
    let said = home.succeeds(&["install", "--service"]);
    assert!(said.contains(&format!("\nService: ~/{UNIT}, on http://127.0.0.1:4450\n")), "{said}");
    let unit = home.read(UNIT);
    assert!(unit.contains(&format!("\nExecStart=\"{}\" serve\n", home.installed("sessions").display())), "{unit}");
    assert!(!unit.contains("Environment="), "{unit}");
    assert_eq!(told(&home), START);
    let version = run_with_input(home.command(&home.installed("sessions")).arg("--version"), "");
    assert!(version.stdout.starts_with("sessions "), "{version:?}");
    // It is kept as it is by an install that does not ask for it, and started anew by one that does.
    home.succeeds(&["install"]);
    assert_eq!(told(&home), [""; 0]);
    assert!(home.succeeds(&["install", "--service"]).starts_with("Already installed"));
    assert_eq!(told(&home), START);
    // A newer executable is taken up.
    fs::write(home.installed("sessions"), "an older one").unwrap();
    home.succeeds(&["install"]);
    assert_eq!(told(&home), START);
    let said = home.succeeds(&["install", "--no-service"]);
    assert!(said.contains(&format!("\nService removed: ~/{UNIT}\n")), "{said}");
    assert_eq!(told(&home), ["--user disable --now session-signals.service"]);
    assert!(!home.path(UNIT).exists());
    home.succeeds(&["install", "--no-service"]);
    assert_eq!(told(&home), [""; 0]);
    // It goes with the hooks.
    home.succeeds(&["install", "--service"]);
    told(&home);
    home.succeeds(&["uninstall"]);
    assert_eq!(told(&home), ["--user disable --now session-signals.service"]);
    let mut left = home.everything();
    left.retain(|name| !name.starts_with(".config") && !name.starts_with(".claude/backups") && name != ".claude");
    assert_eq!(left, untouched);
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let home = home();
    let shown = home.hooks(&["install", "--service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be written")), "{shown:?}");
    assert!(!home.path(".config").exists());
    assert_eq!(told(&home), [""; 0]);
    home.succeeds(&["install", "--service"]);
    told(&home);
    let shown = home.hooks(&["install", "--no-service", "--dry-run"]);
    assert!(shown.stderr.contains(&format!("~/{UNIT} would be removed")), "{shown:?}");
    assert_eq!(told(&home), [""; 0]);
}

#[test]
fn a_manager_that_fails_is_told_of_and_the_rest_is_done() {
    let home = home();
    systemctl(&home, "echo 'Failed to connect to bus' >&2; exit 1");
    let done = home.hooks(&["install", "--service"]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stderr.contains("`systemctl --user daemon-reload` failed, do it by hand:"), "{done:?}");
    assert!(done.stderr.contains("Failed to connect to bus"), "{done:?}");
    assert!(home.path(UNIT).exists() && home.installed("hook-stop").exists());
    let (code, report) = home.json(&["install", "--service"]);
    assert_eq!((code, &report["outcome"]), (3, &"partly".into()));
    assert!(report["service"].as_str().unwrap().ends_with(UNIT), "{report}");
}

#[test]
fn doctor_looks_at_the_service() {
    let home = home();
    home.succeeds(&["install", "--service"]);
    assert_eq!(home.findings(), [""; 0]);
    fs::remove_file(home.installed("sessions")).unwrap();
    assert_eq!(home.findings(), ["executable-gone"]);
    home.succeeds(&["doctor", "--fix"]);
    home.write(UNIT, &home.read(UNIT).replace("RestartSec=1", "RestartSec=9"));
    assert_eq!(home.findings(), ["service-outdated"]);
    home.succeeds(&["doctor", "--fix"]);
    systemctl(&home, "[ \"$2\" != is-active ] || { echo failed; exit 3; }");
    assert_eq!(home.findings(), ["service-not-running"]);
    let said = home.hooks(&["doctor"]).stdout;
    assert!(said.contains("(systemctl says: failed): `hooks install --service` starts it anew"), "{said}");
    assert!(!said.contains("by hand"), "{said}");
}

#[test]
fn the_service_of_another_config_dir_is_not_taken_unsaid() {
    let home = home();
    home.succeeds(&["install", "--service"]);
    let unit = home.read(UNIT);
    let other = |argument: &str| {
        let mut hooks = home.command(&executable_path("hooks"));
        run_with_input(hooks.args(["install", argument]).env("CLAUDE_CONFIG_DIR", home.path("other")), "")
    };
    let kept = other("--no-service");
    assert_eq!((kept.code, home.read(UNIT)), (Some(3), unit), "{kept:?}");
    assert!(kept.stderr.contains("is of another configuration directory: it was left as it is"), "{kept:?}");
    let taken = other("--service");
    assert!(taken.code == Some(0) && taken.stderr.contains("it is of this one now"), "{taken:?}");
    assert!(home.read(UNIT).contains("CLAUDE_CONFIG_DIR="));
}

#[test]
fn both_at_once_is_wrong_usage() {
    assert_eq!(home().hooks(&["install", "--service", "--no-service"]).code, Some(2));
}

#[test]
#[ignore = "needs systemd-analyze"]
fn systemd_takes_the_unit_whatever_the_path_holds() {
    for name in ["plain", "two words", "100% \"quoted\" \\ $HOME 'n it"] {
        let home = home();
        let config = home.path(name);
        let mut hooks = home.command(&executable_path("hooks"));
        let done = run_with_input(hooks.args(["install", "--service"]).env("CLAUDE_CONFIG_DIR", &config), "");
        assert_eq!(done.code, Some(0), "{done:?}");
        let analyzed = Command::new("systemd-analyze")
            .args(["--user", "verify", "--recursive-errors=no"])
            .arg(home.path(UNIT))
            .env("HOME", home.path(""))
            .env("XDG_RUNTIME_DIR", home.path(""))
            .output()
            .unwrap();
        // It checks, among others, that the executable is there.
        let said = String::from_utf8_lossy(&analyzed.stderr);
        assert!(analyzed.status.success() && said.is_empty(), "{name}: {said}\n{}", home.read(UNIT));
    }
}
