//! The command line, and what it refuses.

use std::os::unix::fs::{PermissionsExt, symlink};

use fs_err as fs;
use serde_json::json;

use super::world::{World, lives, shell, twelve};

#[test]
fn by_hand_with_a_session() {
    let world =
        World::new(&[shell("a", "exec sleep 1000"), json!({"name": "b", "command": "/bin/sleep", "args": ["1000"]})]);
    world.daemons(&["start", "--session", "by-hand"]).assert_success();
    world.daemons(&["start", "--session", "by-hand"]).assert_success();
    world.daemons(&["start", "--session", "other"]).assert_success();
    let line = world.line("by-hand", "b");
    assert_eq!(line["pid"].as_u64(), Some(world.pids("by-hand")["b"].into()));
    assert_eq!((line["state"].as_str(), line["restarts"].as_u64()), (Some("running"), Some(0)));
    assert!(line["uptimeSeconds"].is_u64() && line["since"].as_str().unwrap().ends_with('Z'), "{line}");
    assert_eq!(line["log"].as_str(), world.directory().canonicalize().unwrap().join("b.by-hand.log").to_str());
    let table = world.daemons(&["list", "--session", "by-hand"]).stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 2, "{table}");
    let pid = world.pids("by-hand")["a"].to_string();
    assert_eq!((&rows[0][..5], rows[0][6]), (&["●", "running", "a", "by-hand", &*pid][..], "0"), "{table}");
    // From where it was started: there is no hook to say where the project is.
    let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(cwd, world.path("").canonicalize().unwrap());
    world.daemons(&["stop", "--session", "by-hand"]).assert_success();
    world.runs(2);
    world.daemons(&["stop", "--session", "other"]).assert_success();
    world.daemons(&["stop", "--session", "other"]).assert_success();
    assert!(world.daemons(&["list"]).stdout.starts_with("No session has daemons."));
    assert_eq!(world.list(), [json!(null); 0]);
    assert_eq!(world.daemons(&["stop", "--session", "../x"]).code, Some(2));
}

#[test]
fn by_hand_until_a_process_ends() {
    let world = World::new(&twelve());
    let mut process = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = process.id();
    world.daemons(&["start", "--session", "s", "--pid", &pid.to_string()]).assert_success();
    world.runs(12);
    process.kill().unwrap();
    process.wait().unwrap();
    world.becomes_empty();
    assert!(!lives(pid));
}

#[test]
fn nothing_is_started_from_a_bad_config() {
    let good = r#"{"name": "good", "command": "/bin/sleep", "args": ["1000"]}"#;
    for (daemon, message) in [
        (r#"{"name": "b", "command": "c", "arg": []}"#, "line 2, column 99: daemons[1].arg: unknown field `arg`"),
        (r#"{"name": "b"}"#, "daemons[1]: missing field `command`"),
        (r#"{"name": "../b", "command": "c"}"#, "daemons[1].name: \"../b\" is no name"),
        (r#"{"name": "good", "command": "c"}"#, "two daemons have the name \"good\""),
        ("{", "line 2, column "),
    ] {
        let world = World::with_config(&format!("{{\"daemons\":\n  [{good}, {daemon}]}}"));
        let file = world.config();
        let said = world.daemons(&["start", "--session", "s"]);
        said.assert_failure(message);
        assert!(said.stderr.starts_with(&format!("sessions: {}: line 2, ", file.display())), "{}", said.stderr);
        assert!(!world.directory().exists());
    }
}

#[test]
fn a_config_that_others_could_have_written_is_refused() {
    let world = World::new(&twelve());
    let set = |path: &std::path::Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    for mode in [0o602, 0o620, 0o666] {
        set(&world.config(), mode);
        let said = world.daemons(&["start", "--session", "s"]);
        said.assert_failure(&format!("session-daemons.json: others may write to it (mode {mode:o}): `chmod go-w` it"));
    }
    // Nor by a name of their own for it.
    fs::rename(world.config(), world.path("real")).unwrap();
    symlink(world.path("real"), world.config()).unwrap();
    world.daemons(&["start", "--session", "s"]).assert_failure("others may write to it");
    set(&world.path("real"), 0o644);
    set(&world.path(""), 0o777);
    world.daemons(&["start", "--session", "s"]).assert_failure("everybody may write to its directory");
    set(&world.path(""), 0o755);
    assert!(!world.directory().exists());
    world.daemons(&["start", "--session", "s"]).assert_success();
    world.runs(12);
    fs::create_dir_all(world.path("x/.claude/session-daemons.json")).unwrap();
    let mut command = world.sandbox.command(crate::sandbox::executable_path("sessions"));
    command.env("HOME", world.path("x")).args(["daemons", "start", "--session", "s"]);
    crate::sandbox::run_with_input(&mut command, "").assert_failure("not a regular file");
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let world = World::new(&twelve());
    fs::create_dir(world.directory()).unwrap();
    fs::set_permissions(world.directory(), PermissionsExt::from_mode(0o770)).unwrap();
    world.daemons(&["start", "--session", "s"]).assert_failure("session-daemons: others may write to it");
    assert!(world.running().is_empty());
}

#[test]
fn what_cannot_be_started_is_said_and_the_others_run() {
    let world = World::new(&[
        json!({"name": "gone", "command": "/no/such/program"}),
        json!({"name": "unknown", "command": "no-such-program"}),
        json!({"name": "nowhere", "command": "/bin/sleep", "cwd": "/no/such/directory"}),
        json!({"name": "fine", "command": "sleep", "args": ["1000"], "env": {"PATH": "/usr/bin:/bin"}}),
    ]);
    let said = world.daemons(&["start", "--session", "s"]);
    said.assert_failure("gone: /no/such/program is no program that can be run; unknown: no-such-program is not on PATH; nowhere: /no/such/directory is no directory");
    world.runs(1);
    assert_eq!(world.pids("s").len(), 1);
    assert_eq!(world.line("s", "unknown")["state"], "failed");
    assert_eq!(
        fs::read_to_string(world.directory().join("unknown.s.log")).unwrap(),
        "sessions: no-such-program is not on PATH\n"
    );
    // It asks for nothing more.
    world.daemons(&["start", "--session", "s"]).assert_success();
}

#[test]
fn a_guard_without_its_sessions_lock_guards_nothing() {
    let world = World::new(&twelve());
    let said = world.daemons(&["guard", "--session", "s", "--project", "/"]);
    said.assert_failure("only `sessions daemons start` starts a guard");
    assert!(world.running().is_empty() && !world.directory().exists());
}
