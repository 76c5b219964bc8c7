//! Root at work in another user's home: `sudo hooks install` with that user's HOME.

use std::os::unix::fs::chown;
use std::process::Command;

use fs_err as fs;

use super::home::Home;
use crate::sandbox::{Outcome, executable_path};

const USER: u32 = 12345;

/// A home of another user; the executables where that one can reach them.
fn home_of_another() -> Home {
    let home = Home::with_settings("{}");
    let build = home.build("theirs").folder;
    for path in [home.path(""), home.path("source"), build] {
        Command::new("chmod").arg("a+rx").arg(path).status().unwrap();
    }
    own(&home);
    home
}

fn own(home: &Home) {
    assert!(
        Command::new("chown").args(["-R", &format!("{USER}:{USER}")]).arg(home.path("")).status().unwrap().success()
    );
}

/// As the user itself.
fn as_user(home: &Home, arguments: &[&str]) -> Outcome {
    let mut hooks = home.command("setpriv".as_ref());
    hooks.env("TMPDIR", "/tmp");
    hooks.args([&format!("--reuid={USER}"), "--regid=12345", "--clear-groups"]);
    crate::sandbox::run_with_input(hooks.arg(home.path("source/theirs/hooks")).args(arguments), "")
}

/// No file in the home is root's.
#[track_caller]
fn nothing_is_roots(home: &Home) {
    let found = Command::new("find").arg(home.path(".claude")).args(["-uid", "0"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

fn privileged_refuses(home: &Home, arguments: &[&str]) {
    let before = home.everything();
    let done = home.hooks(arguments);
    assert_eq!(done.code, Some(1), "{arguments:?} {done:?}");
    let hooks = executable_path("hooks").display().to_string();
    // Nothing says that this is where that user's home is.
    let set = format!("env HOME={}", home.path("").display().to_string().trim_end_matches('/'));
    let line = format!("`sudo -H -u '#{USER}' {set} {hooks} {}`", arguments.join(" "));
    let said = format!("~/.claude belongs to user {USER}, and this is root: type {line}; --force goes on as root");
    assert!(done.stderr.contains(&said), "{arguments:?} {done:?}\n{said}");
    assert_eq!(home.everything(), before);
    nothing_is_roots(home);
}

#[test]
#[ignore = "privileged: takes root, and a home of another user"]
fn privileged_root_leaves_anothers_home_alone() {
    let home = home_of_another();
    for arguments in [
        &["install"][..],
        &["install", "--dry-run"],
        &["install", "--service"],
        &["install", "--scope", "local"],
        &["uninstall"],
        &["doctor", "--fix"],
    ] {
        privileged_refuses(&home, arguments);
    }
    assert_eq!(home.read(".claude/settings.json"), "{}");
    // Before there is a configuration directory, too.
    fs::remove_dir_all(home.path(".claude")).unwrap();
    let done = home.hooks(&["install"]);
    assert_eq!((done.code, home.path(".claude").exists()), (Some(1), false), "{done:?}");
    fs::create_dir(home.path(".claude")).unwrap();
    own(&home);
    // What root would not start, it does not start for doctor either.
    assert_eq!(as_user(&home, &["install"]).code, Some(0));
    nothing_is_roots(&home);
    let trap = "#!/bin/sh\ntouch ~/ran\n";
    fs::write(home.installed("hook-stop"), trap).unwrap();
    let done = home.hooks(&["doctor"]);
    assert!(done.stdout.contains("run-by-root: "), "{done:?}");
    assert!(!home.path("ran").exists());
    assert_eq!(as_user(&home, &["uninstall"]).code, Some(0));
    assert!(!home.settings().exists());
}

#[test]
#[ignore = "privileged: takes root, and a home of another user"]
fn privileged_what_root_left_in_a_home_is_found() {
    let home = home_of_another();
    home.succeeds(&["install", "--force"]);
    let done = as_user(&home, &["doctor"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let said = "owned-by-root: ";
    assert!(done.stdout.contains(said), "{done:?}");
    let line = done.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(line, format!("chown -R {USER} ~/.claude/hooks ~/.claude/backups"));
    let typed = Command::new("sh").args(["-ec", line]).env("HOME", home.path("")).status().unwrap();
    assert!(typed.success(), "{line}");
    nothing_is_roots(&home);
    let done = as_user(&home, &["doctor"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(as_user(&home, &["uninstall"]).code, Some(0));
    // One file alone.
    assert_eq!(as_user(&home, &["install"]).code, Some(0));
    chown(home.installed("hook-stop"), Some(0), Some(0)).unwrap();
    let done = as_user(&home, &["doctor"]);
    assert!(done.stdout.contains("chown -R 12345 ~/.claude/hooks/session-signals/hook-stop`"), "{done:?}");
}

#[test]
#[ignore = "privileged: takes root, and a home of another user"]
fn privileged_force_works_for_root_to_the_end() {
    let home = home_of_another();
    home.succeeds(&["install", "--force"]);
    assert_eq!(home.hooks(&["doctor", "--force"]).code, Some(0));
    fs::remove_file(home.installed("hook-stop")).unwrap();
    assert_eq!(home.hooks(&["doctor", "--fix", "--force"]).code, Some(0));
    home.succeeds(&["uninstall", "--force"]);
    assert_eq!(home.read(".claude/settings.json"), "{}");
}

/// Root in its own home, and another user's project.
#[test]
#[ignore = "privileged: takes root, and a project of another user"]
fn privileged_root_leaves_anothers_project_alone() {
    let home = Home::new();
    chown(home.project(), Some(USER), Some(USER)).unwrap();
    let hooks = executable_path("hooks").display().to_string();
    let refuses = |arguments: &[&str]| {
        let before = home.everything();
        let done = home.hooks(arguments);
        let line = format!("`sudo -H -u '#{USER}' {hooks} {}`", arguments.join(" "));
        let said = format!("~/project belongs to user {USER}, and this is root: type {line}; --force goes on as root");
        assert_eq!(done.code, Some(1), "{arguments:?} {done:?}");
        assert!(done.stderr.contains(&said), "{arguments:?} {done:?}\n{said}");
        assert_eq!(home.everything(), before);
    };
    for scope in ["project", "local"] {
        refuses(&["install", "--scope", scope]);
        refuses(&["install", "--scope", scope, "--dry-run"]);
    }
    // Its own settings are no matter of the project's owner, wherever it stands.
    home.succeeds(&["install"]);
    assert_eq!(home.findings(), [""; 0]);
    refuses(&["uninstall", "--scope", "local"]);
    home.succeeds(&["install", "--scope", "local", "--force"]);
    // Nor does --fix write there.
    let settings = home.path("project/.claude/settings.local.json");
    let text = fs::read_to_string(&settings).unwrap();
    chown(home.path("project/.claude"), Some(USER), Some(USER)).unwrap();
    fs::write(&settings, text.replacen("hook-stop", "hook-gone", 1)).unwrap();
    let before = fs::read_to_string(&settings).unwrap();
    home.hooks(&["doctor", "--fix"]);
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
}

/// What `sudo hooks install` of earlier versions left in a project, and beside the other services.
#[test]
#[ignore = "privileged: takes root, and a home of another user"]
fn privileged_what_root_left_in_a_project_or_of_a_service_is_found() {
    let home = home_of_another();
    assert_eq!(as_user(&home, &["install"]).code, Some(0));
    assert_eq!(as_user(&home, &["install", "--scope", "local"]).code, Some(0));
    own(&home);
    fs::create_dir_all(home.path(".config/systemd/user")).unwrap();
    home.write(".config/systemd/user/session-signals.service", "");
    for path in ["project/.claude", "project/.claude/settings.local.json"] {
        chown(home.path(path), Some(0), Some(0)).unwrap();
    }
    for path in [".config", ".config/systemd"] {
        chown(home.path(path), Some(USER), Some(USER)).unwrap();
    }
    let done = as_user(&home, &["doctor"]);
    let line = done.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(line, format!("chown -R {USER} ~/project/.claude ~/.config/systemd/user"), "{done:?}");
    // A project that is root's itself is none of that user's.
    chown(home.project(), Some(0), Some(0)).unwrap();
    let done = as_user(&home, &["doctor"]);
    assert!(done.stdout.contains(&format!("`sudo chown -R {USER} ~/.config/systemd/user`")), "{done:?}");
}
