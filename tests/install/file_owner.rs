//! Root works in the home of another user: `sudo hooks install` with the HOME of that user.

use std::os::unix::fs::chown;
use std::process::Command;

use fs_err as fs;

use super::installation::Installation;
use crate::sandbox::{Outcome, executable_path};

const USER: u32 = 12345;

/// Makes a home of another user, with executables that the user can run.
fn home_of_another_user() -> Installation {
    let installation = Installation::with_settings("{}");
    let build = installation.copy_build("theirs").folder;
    for path in [installation.path(""), installation.path("source"), build] {
        Command::new("chmod").arg("a+rx").arg(path).status().unwrap();
    }
    give_to_user(&installation);
    installation
}

fn give_to_user(installation: &Installation) {
    assert!(
        Command::new("chown")
            .args(["-R", &format!("{USER}:{USER}")])
            .arg(installation.path(""))
            .status()
            .unwrap()
            .success()
    );
}

/// Runs `hooks` as that user.
fn run_as_user(installation: &Installation, arguments: &[&str]) -> Outcome {
    let mut hooks = installation.command("setpriv".as_ref());
    hooks.env("TMPDIR", "/tmp");
    hooks.args([&format!("--reuid={USER}"), "--regid=12345", "--clear-groups"]);
    crate::sandbox::run_with_input(hooks.arg(installation.path("source/theirs/hooks")).args(arguments), "")
}

/// Checks that no file of the configuration directory belongs to root.
#[track_caller]
fn assert_no_files_of_root(installation: &Installation) {
    let found = Command::new("find").arg(installation.path(".claude")).args(["-uid", "0"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

/// Checks that `hooks` changes nothing because this folder belongs to that user, and that it says what to run instead. `set` is
/// what the line to run has before `hooks`.
#[track_caller]
fn assert_refused(installation: &Installation, folder: &str, set: &str, arguments: &[&str]) {
    let before = installation.list_files();
    let result = installation.run_hooks(arguments);
    assert_eq!(result.code, Some(1), "{arguments:?} {result:?}");
    let hooks = executable_path("hooks").display().to_string();
    let line = format!("`sudo -H -u '#{USER}' {set}{hooks} {}`", arguments.join(" "));
    let output = format!(
        "{folder} belongs to user {USER}, and this process is root: run {line} instead, or add --force to continue as root"
    );
    assert!(result.stderr.contains(&output), "{arguments:?} {result:?}\n{output}");
    assert_eq!(installation.list_files(), before);
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_root_does_not_change_the_home_of_another_user() {
    let installation = home_of_another_user();
    // The system does not list this directory as the home of that user, so the line sets HOME.
    let set = format!("env HOME={} ", installation.path("").display().to_string().trim_end_matches('/'));
    for arguments in [
        &["install"][..],
        &["install", "--dry-run"],
        &["install", "--service"],
        &["install", "--scope", "local"],
        &["uninstall"],
        &["doctor", "--fix"],
    ] {
        assert_refused(&installation, "~/.claude", &set, arguments);
        assert_no_files_of_root(&installation);
    }
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
    // The same without a configuration directory.
    fs::remove_dir_all(installation.path(".claude")).unwrap();
    let result = installation.run_hooks(&["install"]);
    assert_eq!((result.code, installation.path(".claude").exists()), (Some(1), false), "{result:?}");
    fs::create_dir(installation.path(".claude")).unwrap();
    give_to_user(&installation);
    // Doctor does not start the executables of that user as root.
    assert_eq!(run_as_user(&installation, &["install"]).code, Some(0));
    assert_no_files_of_root(&installation);
    let trap = "#!/bin/sh\ntouch ~/ran\n";
    fs::write(installation.executable_path("hook-stop"), trap).unwrap();
    let result = installation.run_hooks(&["doctor"]);
    assert!(result.stdout.contains("run-by-root: "), "{result:?}");
    assert!(!installation.path("ran").exists());
    assert_eq!(run_as_user(&installation, &["uninstall"]).code, Some(0));
    assert!(!installation.settings_path().exists());
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_files_of_root_in_a_home_are_found() {
    let installation = home_of_another_user();
    installation.run_successfully(&["install", "--force"]);
    let result = run_as_user(&installation, &["doctor"]);
    assert_eq!(result.code, Some(1), "{result:?}");
    let output = "owned-by-root: ";
    assert!(result.stdout.contains(output), "{result:?}");
    let line = result.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(line, format!("chown -R {USER} ~/.claude/hooks ~/.claude/backups"));
    let typed = Command::new("sh").args(["-ec", line]).env("HOME", installation.path("")).status().unwrap();
    assert!(typed.success(), "{line}");
    assert_no_files_of_root(&installation);
    let result = run_as_user(&installation, &["doctor"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    assert_eq!(run_as_user(&installation, &["uninstall"]).code, Some(0));
    // A single file.
    assert_eq!(run_as_user(&installation, &["install"]).code, Some(0));
    chown(installation.executable_path("hook-stop"), Some(0), Some(0)).unwrap();
    let result = run_as_user(&installation, &["doctor"]);
    assert!(result.stdout.contains("chown -R 12345 ~/.claude/hooks/session-signals/hook-stop`"), "{result:?}");
}

#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_force_lets_root_do_everything() {
    let installation = home_of_another_user();
    installation.run_successfully(&["install", "--force"]);
    assert_eq!(installation.run_hooks(&["doctor", "--force"]).code, Some(0));
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    assert_eq!(installation.run_hooks(&["doctor", "--fix", "--force"]).code, Some(0));
    installation.run_successfully(&["uninstall", "--force"]);
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
}

/// Root works in its own home, and in the project of another user.
#[test]
#[ignore = "privileged: needs root, and a project of another user"]
fn privileged_root_does_not_change_the_project_of_another_user() {
    let installation = Installation::new();
    chown(installation.project_dir(), Some(USER), Some(USER)).unwrap();
    let assert_refuses = |arguments: &[&str]| assert_refused(&installation, "~/project", "", arguments);
    for scope in ["project", "local"] {
        assert_refuses(&["install", "--scope", scope]);
        assert_refuses(&["install", "--scope", scope, "--dry-run"]);
    }
    // The owner of the project does not matter for root's own settings.
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
    assert_refuses(&["uninstall", "--scope", "local"]);
    installation.run_successfully(&["install", "--scope", "local", "--force"]);
    // --fix does not write there either.
    let settings = installation.path("project/.claude/settings.local.json");
    let text = fs::read_to_string(&settings).unwrap();
    chown(installation.path("project/.claude"), Some(USER), Some(USER)).unwrap();
    fs::write(&settings, text.replacen("hook-stop", "hook-gone", 1)).unwrap();
    let before = fs::read_to_string(&settings).unwrap();
    installation.run_hooks(&["doctor", "--fix"]);
    assert_eq!(fs::read_to_string(&settings).unwrap(), before);
}

/// Files that `sudo hooks install` of earlier versions left in a project, and beside the description of a service.
#[test]
#[ignore = "privileged: needs root, and a home of another user"]
fn privileged_files_of_root_in_a_project_or_for_a_service_are_found() {
    let installation = home_of_another_user();
    assert_eq!(run_as_user(&installation, &["install", "--plugin"]).code, Some(0));
    assert_eq!(run_as_user(&installation, &["install", "--scope", "local"]).code, Some(0));
    give_to_user(&installation);
    fs::create_dir_all(installation.path(".config/systemd/user")).unwrap();
    installation.write_file(".config/systemd/user/session-signals.service", "");
    for path in
        [".claude/skills/session-signals/hooks/mod.js", "project/.claude", "project/.claude/settings.local.json"]
    {
        chown(installation.path(path), Some(0), Some(0)).unwrap();
    }
    for path in [".config", ".config/systemd"] {
        chown(installation.path(path), Some(USER), Some(USER)).unwrap();
    }
    let result = run_as_user(&installation, &["doctor"]);
    let line = result.stdout.rsplit('`').nth(1).unwrap().strip_prefix("sudo ").unwrap();
    assert_eq!(
        line,
        format!(
            "chown -R {USER} ~/.claude/skills/session-signals/hooks/mod.js ~/project/.claude ~/.config/systemd/user"
        ),
        "{result:?}"
    );
    // A project that belongs to root is ignored.
    chown(installation.project_dir(), Some(0), Some(0)).unwrap();
    let result = run_as_user(&installation, &["doctor"]);
    let line = format!("`sudo chown -R {USER} ~/.claude/skills/session-signals/hooks/mod.js ~/.config/systemd/user`");
    assert!(result.stdout.contains(&line), "{result:?}");
}
