//! Findings about the signal directory, and about sessions without a signal.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use fs_err as fs;
#[cfg(target_os = "linux")]
use session_signals_protocol::cli_process::read_stat;

use super::super::installation::{Installation, set_age};
use super::{finds_and_leaves, finds_and_repairs, installed};
use crate::sandbox::{executable_path, run_with_input, set_modified};

#[test]
fn signals_in_conflict() {
    let installation = installed();
    let signal_dir = ".claude/session-signals";
    let now = SystemTime::now() - Duration::from_secs(100);
    let signal = |session: &str, kind: &str, seconds: u64| {
        let path = installation.write_file(&format!("{signal_dir}/{session}.{kind}.json"), "{}\n");
        set_modified(&path, now + Duration::from_secs(seconds));
    };
    signal("one", "ended", 2);
    signal("one", "working", 1);
    signal("two", "ended", 1);
    signal("two", "working", 2);
    signal("three", "working", 1);
    signal("three", "stop", 1);
    // This signal was written before the clock was set back.
    signal("four", "stop", 1_000_000);
    signal("four", "working", 1);
    // These signals are not in conflict.
    signal("five", "working", 1);
    signal("five", "permission", 2);
    fs::set_permissions(installation.path(signal_dir), PermissionsExt::from_mode(0o700)).unwrap();
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains("signal-conflict: one has both ended and working\n"), "{output}");
    assert!(output.contains("signal-conflict: two has both working and ended\n"), "{output}");
    finds_and_repairs(&installation, &["signal-conflict"; 4]);
    let mut left: Vec<_> =
        fs::read_dir(installation.path(signal_dir)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    let expected = [
        "five.permission.json",
        "five.working.json",
        "four.working.json",
        "one.ended.json",
        "three.stop.json",
        "two.working.json",
    ];
    assert_eq!(left, expected);
}

#[test]
fn temporary_files_of_killed_processes() {
    let installation = installed();
    let old = [
        ".claude/session-signals/.someone.working.1234",
        ".claude/.session-signals.abcdef",
        ".claude/hooks/session-signals/.session-signals.abcdef",
        ".claude/backups/.session-signals.abcdef",
    ];
    for name in old {
        // A file beside the settings that is not empty may be the only copy of an edit: see interrupted_runs.rs.
        set_age(&installation.write_file(name, if name.starts_with(".claude/.") { "" } else { "half" }), 61);
    }
    // A process may still write to the first file, and the second one is not ours.
    installation.write_file(".claude/session-signals/.someone.working.5678", "half");
    set_age(&installation.write_file(".claude/.credentials.json", "not ours"), 1000);
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    finds_and_repairs(&installation, &["orphan-temporary"; 4]);
    assert!(installation.path(".claude/session-signals/.someone.working.5678").exists());
    assert!(installation.path(".claude/.credentials.json").exists());
}

#[test]
fn a_signal_directory_that_the_hooks_refuse() {
    let installation = installed();
    let signal_dir = installation.path(".claude/session-signals");
    fs::create_dir(&signal_dir).unwrap();
    fs::set_permissions(&signal_dir, PermissionsExt::from_mode(0o770)).unwrap();
    finds_and_repairs(&installation, &["spool-open"]);
    // A script made the directory before, with a usual umask.
    for mode in [0o755, 0o750, 0o711] {
        fs::set_permissions(&signal_dir, PermissionsExt::from_mode(mode)).unwrap();
        finds_and_repairs(&installation, &["spool-readable"]);
        assert_eq!(fs::metadata(&signal_dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
    if std::os::unix::fs::chown(&signal_dir, Some(12345), None).is_ok() {
        finds_and_leaves(&installation, &["spool-not-ours"]);
    }
    fs::remove_dir(&signal_dir).unwrap();
    fs::write(&signal_dir, "").unwrap();
    finds_and_leaves(&installation, &["spool-not-a-directory"]);
}

#[test]
fn a_link_that_leads_nowhere_is_no_signal_directory() {
    let installation = installed();
    symlink("/nowhere/signals", installation.path(".claude/session-signals")).unwrap();
    finds_and_leaves(&installation, &["spool-not-a-directory"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(
        output.contains("~/.claude/session-signals is a link that leads nowhere: the hooks cannot use"),
        "{output}"
    );
}

/// Makes a signal directory with this mode.
fn with_signal_dir(mode: u32) -> Installation {
    let installation = installed();
    fs::create_dir(installation.path(".claude/session-signals")).unwrap();
    set_mode(&installation, ".claude/session-signals", mode);
    installation
}

fn set_mode(installation: &Installation, name: &str, mode: u32) {
    fs::set_permissions(installation.path(name), PermissionsExt::from_mode(mode)).unwrap();
}

/// Each of these modes keeps a hook from opening the directory, or from writing to it.
#[test]
fn a_signal_directory_whose_mode_keeps_the_user_out() {
    for mode in [0o500, 0o300, 0o600, 0o000] {
        let installation = with_signal_dir(mode);
        let result = installation.run_bound_by_modes(&["doctor"]);
        let sentence = format!(
            "spool-unwritable: you cannot write to ~/.claude/session-signals (mode {mode:o}): the hooks write no signal\n    --fix gives it mode 700\n"
        );
        assert_eq!((result.code, result.stdout), (Some(1), sentence));
        let result = installation.run_bound_by_modes(&["doctor", "--fix"]);
        assert!(result.code == Some(0) && result.stdout.starts_with("repaired spool-unwritable: "), "{result:?}");
        let mode = fs::metadata(installation.path(".claude/session-signals")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o700);
    }
    // Other users can read it, too: one repair is for both findings.
    let installation = with_signal_dir(0o555);
    let result = installation.run_bound_by_modes(&["doctor"]);
    assert!(["spool-readable: ", "\nspool-unwritable: "].iter().all(|id| result.stdout.contains(id)), "{result:?}");
    assert_eq!(installation.run_bound_by_modes(&["doctor", "--fix"]).code, Some(0));
    // Install repairs it, too.
    set_mode(&installation, ".claude/session-signals", 0o500);
    let result = installation.run_bound_by_modes(&["install"]);
    let warning = "warning: you could not write to ~/.claude/session-signals (mode 500): its mode is 700 now\n";
    assert_eq!((result.code, &*result.stderr), (Some(0), warning));
    assert_eq!(installation.run_bound_by_modes(&["doctor"]).code, Some(0));
}

#[test]
fn a_signal_directory_that_cannot_be_made() {
    let installation = installed();
    set_mode(&installation, ".claude", 0o500);
    let result = installation.run_bound_by_modes(&["doctor"]);
    set_mode(&installation, ".claude", 0o700);
    let sentence = "spool-unwritable: ~/.claude cannot be written (Permission denied (os error 13)): the hooks cannot make ~/.claude/session-signals\n";
    assert_eq!((result.code, &*result.stdout), (Some(1), sentence));
}

#[test]
#[ignore = "mounts a file system in a namespace of its own, which needs root"]
fn a_signal_directory_on_a_read_only_file_system() {
    let installation = with_signal_dir(0o700);
    let hooks = installation.built("hooks").display().to_string();
    let dir = "~/.claude/session-signals";
    for command in ["doctor", "doctor --fix", "install"] {
        let script = format!("mount --bind {dir} {dir} && mount -o remount,bind,ro {dir} && exec {hooks} {command}");
        let result = run_with_input(installation.command("unshare".as_ref()).args(["-m", "sh", "-c", &script]), "");
        let sentence =
            format!("{dir} cannot be written (Read-only file system (os error 30)): the hooks write no signal\n");
        if command == "install" {
            assert_eq!((result.code, result.stderr), (Some(0), format!("warning: {sentence}")));
        } else {
            assert_eq!((result.code, result.stdout), (Some(1), format!("spool-unwritable: {sentence}")));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_running_session_without_a_signal() {
    let installation = installed();
    let me = std::process::id();
    let start = read_stat(me).unwrap().start.to_string();
    let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
    let later = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() + 60_000;
    let session = |pid: u32, start: &str, domain: &str, time: u128| {
        let account = serde_json::json!({
            "pid": pid, "sessionId": "someone", "status": "idle", "procStart": start, "pidDomain": format!("linux:abc:{domain}"), "statusUpdatedAt": time
        });
        installation.write_file(&format!(".claude/sessions/{pid}.json"), &account.to_string());
        installation.find_ids()
    };
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    let why = || {
        let output = installation.run_hooks(&["doctor"]).stdout;
        output.lines().find(|line| line.starts_with("session-silent: ")).unwrap().to_owned()
    };
    assert!(why().ends_with("has no signal: a session that is older than the hooks has to be restarted"), "{}", why());
    // If there is another cause, the sentence names it.
    fs::rename(installation.path(".claude/hooks"), installation.path("away")).unwrap();
    // The receipt tells when the hooks were installed.
    fs::create_dir_all(installation.path(".claude/hooks/session-signals")).unwrap();
    fs::copy(
        installation.path("away/session-signals/receipt.settings.json"),
        installation.executable_path("receipt.settings.json"),
    )
    .unwrap();
    assert!(why().ends_with("has no signal: repair executable-gone first"), "{}", why());
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    fs::rename(installation.path("away"), installation.path(".claude/hooks")).unwrap();
    let settings = installation.read_file(".claude/settings.json");
    installation.write_file(".claude/settings.json", &format!("// mine\n{settings}"));
    assert!(why().ends_with("has no signal: repair settings-unusable first"), "{}", why());
    // Entries that start the executables of another home are a cause. An entry without its timeout is not.
    let of_alice = settings
        .replace(&format!("{}/", installation.path("").display().to_string().trim_end_matches('/')), "/home/alice/");
    installation.write_file(".claude/settings.json", &of_alice);
    assert!(why().ends_with("has no signal: repair entry-outdated first"), "{}", why());
    installation.write_file(".claude/settings.json", &settings.replacen(",\n            \"timeout\": 10", "", 1));
    assert_eq!(installation.find_ids(), ["entry-outdated", "session-silent"]);
    assert!(why().ends_with("a session that is older than the hooks has to be restarted"), "{}", why());
    installation.write_file(".claude/settings.json", &settings);
    // Sessions that do not count: idle since the installation, another process with the same id, and another computer.
    assert_eq!(session(me, &start, &domain, 1_000), [""; 0]);
    assert_eq!(session(me, "1", &domain, later), [""; 0]);
    assert_eq!(session(me, &start, "pid:[1]", later), [""; 0]);
    installation.write_file(".claude/sessions/notes.json", "{}");
    installation.write_file(".claude/sessions/17.json", "half");
    assert_eq!(session(me, &start, &domain, later), ["session-silent"]);
    installation.write_file(".claude/session-signals/someone.working.json", "{}");
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(installation.find_ids(), [""; 0]);
    // A cause in two scopes is named once.
    fs::remove_file(installation.path(".claude/session-signals/someone.working.json")).unwrap();
    installation.run_successfully(&["install", "--scope", "local"]);
    for file in [".claude/settings.json", "project/.claude/settings.local.json"] {
        let mut settings: serde_json::Value = serde_json::from_str(&installation.read_file(file)).unwrap();
        settings["hooks"].as_object_mut().unwrap().remove("Stop");
        installation.write_file(file, &settings.to_string());
    }
    fs::remove_file(installation.executable_path("hook-compact")).unwrap();
    assert!(why().ends_with("has no signal: repair entry-missing, executable-gone first"), "{}", why());
}

#[test]
fn a_named_pipe_in_the_registry_is_not_read() {
    let installation = installed();
    fs::create_dir_all(installation.path(".claude/sessions")).unwrap();
    let pipe = installation.path(".claude/sessions/1.json");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let mut hooks = installation.command(&executable_path("hooks"));
    hooks.timeout(Duration::from_secs(30)).arg("doctor").assert().code(0);
}

#[test]
fn a_file_name_does_not_control_the_terminal() {
    let installation = installed();
    for kind in ["working", "ended"] {
        installation.write_file(&format!(".claude/session-signals/\u{1b}[31mred.{kind}.json"), "{}");
    }
    fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(installation.find_ids(), [""; 0]);
}
