//! Files that are missing, empty, torn, huge, foreign or hostile do not affect other sessions.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::list::json;
use super::registry_entry::write_registry_entry;
use crate::sandbox::{Sandbox, executable_path, run_with_input, set_modified};

/// Writes files that are no signals and no registry entries. `#` in the name stands for their number.
fn write_hostile_files(directory: &Path, name: &str) {
    let path = |number: usize| directory.join(name.replacen('#', &number.to_string(), 1));
    fs_err::create_dir_all(directory).unwrap();
    fs_err::write(path(1), "").unwrap();
    fs_err::write(path(2), r#"{"session_id":"x","cwd"#).unwrap();
    fs_err::write(path(3), [0xff, 0, b'{']).unwrap();
    fs_err::write(path(4), "[".repeat(100_000)).unwrap();
    fs_err::create_dir(path(5)).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(path(6)).status().unwrap().success());
    symlink("/dev/zero", path(7)).unwrap();
    symlink(path(7), path(8)).unwrap();
    fs_err::File::create(path(9)).unwrap().file().set_len(1 << 40).unwrap(); // a hole of 1 TiB
}

#[test]
fn hostile_files_do_not_affect_other_sessions() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", r#""transcript_path":"/dev/zero""#).assert_success();
    sandbox.run_hook("t", "UserPromptSubmit", r#""transcript_path":"/dev/zero""#).assert_success();
    // A new session has no transcript yet.
    sandbox.run_hook("u", "UserPromptSubmit", r#""transcript_path":"/nonexistent""#).assert_success();
    write_hostile_files(&sandbox.signal_dir(), "x#.stop.json");
    write_hostile_files(&sandbox.home().join(".claude/sessions"), "#.json");
    fs_err::write(sandbox.signal_dir().join("README"), "mine").unwrap();
    let found = json(&sandbox, &[]);
    let ids: Vec<_> = found.iter().map(|session| &session["sessionId"]).collect();
    assert_eq!(ids, [&json!("s"), &json!("t"), &json!("u")]);
    let verbose = run_with_input(sandbox.command(executable_path("sessions")).arg("--verbose"), "");
    assert_eq!(verbose.stderr, "registry: 9 skipped\ntranscripts: 1 skipped\nsignals: 10 skipped\n");
}

#[test]
fn every_source_may_be_missing() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let config = sandbox.home().join(".claude");
    assert_eq!(json(&sandbox, &[]).len(), 1);
    // A source that cannot be read is reported, and the others still count.
    fs_err::write(config.join("sessions"), "a file where a directory should be").unwrap();
    let output = run_with_input(sandbox.command(executable_path("sessions")).arg("--json"), "");
    assert_eq!(
        (output.code, serde_json::from_str::<Vec<serde_json::Value>>(&output.stdout).unwrap().len()),
        (Some(1), 1)
    );
    fs_err::remove_dir_all(&config).unwrap();
    assert_eq!(json(&sandbox, &[]).len(), 0);
    let mut without_home = sandbox.command(executable_path("sessions"));
    run_with_input(without_home.env_remove("HOME"), "").assert_failure("neither CLAUDE_CONFIG_DIR nor HOME is set");
}

#[test]
fn the_text_of_a_payload_is_harmless_for_a_terminal() {
    let sandbox = Sandbox::new();
    sandbox
        .run_hook("s", "Stop", r#""last_assistant_message":"a\u001b]0;owned\u0007\n\u202eb","cwd":"/\u001b[2J""#)
        .assert_success();
    // A registry entry of a live process, for a session without signals.
    let pid = std::process::id();
    let entry = format!(r#"{{"pid":{pid},"sessionId":"\u001b[31mX","status":"busy","statusUpdatedAt":1}}"#);
    write_registry_entry(&sandbox, pid, &entry);
    let verbose = run_with_input(sandbox.command(executable_path("sessions")).arg("--verbose"), "");
    assert!(verbose.stderr.starts_with("registry: 1 skipped\n"), "{}", verbose.stderr);
    let shown = super::list::sessions(&sandbox, &[]);
    assert_eq!(shown.lines().count(), 1);
    assert!(!shown.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn a_path_in_an_error_is_harmless_for_a_terminal() {
    let sandbox = Sandbox::new();
    let path = format!("/\\u001b]0;owned\\u0007\\u202e{}", "x".repeat(300));
    sandbox.run_hook("s", "UserPromptSubmit", &format!(r#""transcript_path":"{path}""#)).assert_success();
    let output = run_with_input(&mut sandbox.command(executable_path("sessions")), "");
    assert!(
        output.stderr.starts_with("sessions: cannot read / ]0;owned") && output.stderr.contains("too long"),
        "{output:?}"
    );
    assert!(!output.stderr.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{output:?}");
}

#[test]
fn a_time_that_no_calendar_has_does_not_affect_other_sessions() {
    let sandbox = Sandbox::new();
    for session in ["r", "s", "t"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    fs_err::write(sandbox.signal_path("s", "stop"), r#"{"stopped_at":"999999999999.000000000"}"#).unwrap();
    // Ten years before 1970.
    let ten_years = Duration::from_secs(3653 * 24 * 60 * 60);
    set_modified(&sandbox.signal_path("t", "stop"), SystemTime::UNIX_EPOCH - ten_years);
    let pid = std::process::id();
    let entry = format!(r#"{{"pid":{pid},"sessionId":"u","status":"busy","statusUpdatedAt":99999999999999999}}"#);
    write_registry_entry(&sandbox, pid, &entry);
    assert_eq!(json(&sandbox, &["--all"]).len(), 3);
}

#[test]
fn watching_without_a_terminal_or_a_directory_fails_with_a_reason() {
    let sandbox = Sandbox::new();
    let watch = || run_with_input(sandbox.command(executable_path("sessions")).arg("--watch"), "");
    watch().assert_failure(".claude is no directory: Claude Code makes it when it is first started");
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    watch().assert_failure("--watch needs a terminal");
}
