//! Files that are missing, empty, torn, huge, foreign or hostile cost themselves, and nobody else.

use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use super::list::json;
use crate::sandbox::{Sandbox, executable_path, run_with_input};

fn plant(directory: &Path, name: &str) {
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
fn hostile_files_cost_themselves() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", r#""transcript_path":"/dev/zero""#).assert_success();
    sandbox.run_hook("t", "UserPromptSubmit", r#""transcript_path":"/nonexistent""#).assert_success();
    plant(&sandbox.signal_dir(), "x#.stop.json");
    plant(&sandbox.home().join(".claude/sessions"), "#.json");
    fs_err::write(sandbox.signal_dir().join("README"), "mine").unwrap();
    let found = json(&sandbox, &[]);
    let ids: Vec<_> = found.iter().map(|session| &session["sessionId"]).collect();
    assert_eq!(ids, [&json!("s"), &json!("t")]);
    let verbose = run_with_input(sandbox.command(executable_path("sessions")).arg("--verbose"), "");
    assert_eq!(verbose.stderr, "registry: 9 passed over\ntranscripts: 1 passed over\nsignals: 10 passed over\n");
}

#[test]
fn every_source_may_be_missing() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let config = sandbox.home().join(".claude");
    assert_eq!(json(&sandbox, &[]).len(), 1);
    // What is there and cannot be read is told; the other sources count all the same.
    fs_err::write(config.join("sessions"), "a file where a directory should be").unwrap();
    let told = run_with_input(sandbox.command(executable_path("sessions")).arg("--json"), "");
    assert_eq!((told.code, serde_json::from_str::<Vec<serde_json::Value>>(&told.stdout).unwrap().len()), (Some(1), 1));
    fs_err::remove_dir_all(&config).unwrap();
    assert_eq!(json(&sandbox, &[]).len(), 0);
    let mut homeless = sandbox.command(executable_path("sessions"));
    run_with_input(homeless.env_remove("HOME"), "").assert_failure("neither CLAUDE_CONFIG_DIR nor HOME is set");
}

#[test]
fn what_a_payload_says_is_never_obeyed_by_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox
        .run_hook("s", "Stop", r#""last_assistant_message":"a\u001b]0;owned\u0007\n\u202eb","cwd":"/\u001b[2J""#)
        .assert_success();
    // A live process's own account, of a session that no signal speaks of.
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    let pid = std::process::id();
    let account = format!(r#"{{"pid":{pid},"sessionId":"\u001b[31mX","status":"busy","statusUpdatedAt":1}}"#);
    fs_err::write(registry.join(format!("{pid}.json")), account).unwrap();
    let verbose = run_with_input(sandbox.command(executable_path("sessions")).arg("--verbose"), "");
    assert!(verbose.stderr.starts_with("registry: 1 passed over\n"), "{}", verbose.stderr);
    let shown = super::list::sessions(&sandbox, &[]);
    assert_eq!(shown.lines().count(), 1);
    assert!(!shown.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{shown:?}");
}

#[test]
fn a_path_that_cannot_be_read_is_not_obeyed_by_the_terminal() {
    let sandbox = Sandbox::new();
    let path = format!("/\\u001b]0;owned\\u0007\\u202e{}", "x".repeat(300));
    sandbox.run_hook("s", "UserPromptSubmit", &format!(r#""transcript_path":"{path}""#)).assert_success();
    let told = run_with_input(&mut sandbox.command(executable_path("sessions")), "");
    assert!(
        told.stderr.starts_with("sessions: cannot read / ]0;owned") && told.stderr.contains("too long"),
        "{told:?}"
    );
    assert!(!told.stderr.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
}

#[test]
fn a_time_that_no_calendar_has_does_not_cost_the_other_sessions() {
    let sandbox = Sandbox::new();
    for session in ["r", "s", "t"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    fs_err::write(sandbox.signal_path("s", "stop"), r#"{"stopped_at":"999999999999.000000000"}"#).unwrap();
    let touched =
        std::process::Command::new("touch").args(["-d", "1960-01-01"]).arg(sandbox.signal_path("t", "stop")).status();
    assert!(touched.unwrap().success());
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    let pid = std::process::id();
    let account = format!(r#"{{"pid":{pid},"sessionId":"u","status":"busy","statusUpdatedAt":99999999999999999}}"#);
    fs_err::write(registry.join(format!("{pid}.json")), account).unwrap();
    assert_eq!(json(&sandbox, &["--all"]).len(), 3);
}

#[test]
fn watching_without_a_terminal_or_a_directory_is_told_in_a_sentence() {
    let sandbox = Sandbox::new();
    let watch = || run_with_input(sandbox.command(executable_path("sessions")).arg("--watch"), "");
    watch().assert_failure(".claude is no directory: Claude Code makes it when it is first started");
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    watch().assert_failure("--watch needs a terminal");
}
