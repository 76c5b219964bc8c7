//! Root at work in another user's home: `sudo hooks install` with that user's HOME.

use std::os::unix::fs::chown;
use std::process::Command;

use fs_err as fs;

use super::installation::Installation;
use crate::sandbox::{Outcome, executable};

const USER: u32 = 12345;

/// A home of another user; the executables where that one can reach them.
fn home_of_another() -> Installation {
    let installation = Installation::with_settings("{}");
    let build = installation.copy_build("theirs").folder;
    for path in [installation.path(""), installation.path("source"), build] {
        Command::new("chmod").arg("a+rx").arg(path).status().unwrap();
    }
    own(&installation);
    installation
}

fn own(installation: &Installation) {
    assert!(
        Command::new("chown")
            .args(["-R", &format!("{USER}:{USER}")])
            .arg(installation.path(""))
            .status()
            .unwrap()
            .success()
    );
}

/// As the user itself.
fn as_user(installation: &Installation, arguments: &[&str]) -> Outcome {
    let mut hooks = installation.command("setpriv".as_ref());
    hooks.env("TMPDIR", "/tmp");
    hooks.args([&format!("--reuid={USER}"), "--regid=12345", "--clear-groups"]);
    crate::sandbox::outcome(hooks.arg(installation.path("source/theirs/hooks")).args(arguments), "")
}

/// No file in the home is root's.
#[track_caller]
fn nothing_is_roots(installation: &Installation) {
    let found = Command::new("find").arg(installation.path(".claude")).args(["-uid", "0"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

fn privileged_refuses(installation: &Installation, arguments: &[&str]) {
    let before = installation.list_files();
    let result = installation.run_hooks(arguments);
    assert_eq!(result.code, Some(1), "{arguments:?} {result:?}");
    let hooks = executable("hooks").display().to_string();
    // Nothing says that this is where that user's home is.
    let set = format!("env HOME={}", installation.path("").display().to_string().trim_end_matches('/'));
    let line = format!("`sudo -H -u '#{USER}' {set} {hooks} {}`", arguments.join(" "));
    let output = format!(
        "~/.claude belongs to user {USER}, and this process is root: run {line} instead, or add --force to continue as root"
    );
    assert!(result.stderr.contains(&output), "{arguments:?} {result:?}\n{output}");
    assert_eq!(installation.list_files(), before);
    nothing_is_roots(installation);
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_root_leaves_anothers_home_alone() {
    let installation = home_of_another();
    for arguments in [
        &["install"][..],
        &["install", "--dry-run"],
        &["install", "--service"],
        &["install", "--scope", "local"],
        &["uninstall"],
        &["doctor", "--fix"],
    ] {
        privileged_refuses(&installation, arguments);
    }
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
    // Before there is a configuration directory, too.
    fs::remove_dir_all(installation.path(".claude")).unwrap();
    let result = installation.run_hooks(&["install"]);
    assert_eq!((result.code, installation.path(".claude").exists()), (Some(1), false), "{result:?}");
    fs::create_dir(installation.path(".claude")).unwrap();
    own(&installation);
    // What root would not start, it does not start for doctor either.
    assert_eq!(as_user(&installation, &["install"]).code, Some(0));
    nothing_is_roots(&installation);
    let trap = "#!/bin/sh\ntouch ~/ran\n";
    fs::write(installation.executable_path("hook-stop"), trap).unwrap();
    let result = installation.run_hooks(&["doctor"]);
    assert!(result.stdout.contains("run-by-root: "), "{result:?}");
    assert!(!installation.path("ran").exists());
    assert_eq!(as_user(&installation, &["uninstall"]).code, Some(0));
    assert!(!installation.settings_path().exists());
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_what_root_left_in_a_home_is_found() {
    let installation = home_of_another();
    installation.run_successfully(&["install", "--force"]);
    let result = as_user(&installation, &["doctor"]);
    assert_eq!(result.code, Some(1), "{result:?}");
    let output = "owned-by-root: ";
    assert!(result.stdout.contains(output), "{result:?}");
    let line = result.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(line, format!("chown -R {USER} ~/.claude/hooks ~/.claude/backups"));
    let typed = Command::new("sh").args(["-ec", line]).env("HOME", installation.path("")).status().unwrap();
    assert!(typed.success(), "{line}");
    nothing_is_roots(&installation);
    let result = as_user(&installation, &["doctor"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    assert_eq!(as_user(&installation, &["uninstall"]).code, Some(0));
    // One file alone.
    assert_eq!(as_user(&installation, &["install"]).code, Some(0));
    chown(installation.executable_path("hook-stop"), Some(0), Some(0)).unwrap();
    let result = as_user(&installation, &["doctor"]);
    assert!(result.stdout.contains("chown -R 12345 ~/.claude/hooks/session-signals/hook-stop`"), "{result:?}");
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_force_works_for_root_to_the_end() {
    let installation = home_of_another();
    installation.run_successfully(&["install", "--force"]);
    assert_eq!(installation.run_hooks(&["doctor", "--force"]).code, Some(0));
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    assert_eq!(installation.run_hooks(&["doctor", "--fix", "--force"]).code, Some(0));
    installation.run_successfully(&["uninstall", "--force"]);
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
}

/// Root in its own home, and another user's project.
#[test]
#[ignore = "privileged: needs root, and a project of another user"]
fn privileged_root_leaves_anothers_project_alone() {
    let installation = Installation::new();
    chown(installation.project_dir(), Some(USER), Some(USER)).unwrap();
    let hooks = executable("hooks").display().to_string();
    let refuses = |arguments: &[&str]| {
        let before = installation.list_files();
        let result = installation.run_hooks(arguments);
        let line = format!("`sudo -H -u '#{USER}' {hooks} {}`", arguments.join(" "));
        let output = format!(
            "~/project belongs to user {USER}, and this process is root: run {line} instead, or add --force to continue as root"
        );
        assert_eq!(result.code, Some(1), "{arguments:?} {result:?}");
        assert!(result.stderr.contains(&output), "{arguments:?} {result:?}\n{output}");
        assert_eq!(installation.list_files(), before);
    };
    for scope in ["project", "local"] {
        refuses(&["install", "--scope", scope]);
        refuses(&["install", "--scope", scope, "--dry-run"]);
    }
    // Its own settings are no matter of the project's owner, wherever it stands.
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    refuses(&["uninstall", "--scope", "local"]);
    installation.run_successfully(&["install", "--scope", "local", "--force"]);
    // Nor does --fix write there.
    let settings = installation.path("project/.claude/settings.local.json");
    let text = fs::read_to_string(&settings).unwrap();
    chown(installation.path("project/.claude"), Some(USER), Some(USER)).unwrap();
    fs::write(&settings, text.replacen("hook-stop", "hook-gone", 1)).unwrap();
    let before = fs::read_to_string(&settings).unwrap();
    installation.run_hooks(&["doctor", "--fix"]);
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
}

/// What `sudo hooks install` of earlier versions left in a project, and beside the other services.
#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_what_root_left_in_a_project_or_of_a_service_is_found() {
    let installation = home_of_another();
    assert_eq!(as_user(&installation, &["install"]).code, Some(0));
    assert_eq!(as_user(&installation, &["install", "--scope", "local"]).code, Some(0));
    own(&installation);
    fs::create_dir_all(installation.path(".config/systemd/user")).unwrap();
    installation.write_file(".config/systemd/user/session-signals.service", "");
    for path in ["project/.claude", "project/.claude/settings.local.json"] {
        chown(installation.path(path), Some(0), Some(0)).unwrap();
    }
    for path in [".config", ".config/systemd"] {
        chown(installation.path(path), Some(USER), Some(USER)).unwrap();
    }
    let result = as_user(&installation, &["doctor"]);
    let line = result.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(line, format!("chown -R {USER} ~/project/.claude ~/.config/systemd/user"), "{result:?}");
    // A project that is root's itself is none of that user's.
    chown(installation.project_dir(), Some(0), Some(0)).unwrap();
    let result = as_user(&installation, &["doctor"]);
    assert!(result.stdout.contains(&format!("`sudo chown -R {USER} ~/.config/systemd/user`")), "{result:?}");
}
