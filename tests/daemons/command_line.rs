//! `sessions daemons` by hand, and the configs and directories that it refuses.

use std::os::unix::fs::{PermissionsExt, symlink};

use fs_err as fs;
use serde_json::json;

use super::daemon_sandbox::{
    DaemonSandbox, file_contains, is_alive, shell_daemon, sleeping_daemon, twelve_daemons, wait_for,
};
use crate::sandbox::{executable_path, run_with_input};

#[test]
fn start_list_and_stop_take_a_session_by_hand() {
    let sandbox = DaemonSandbox::new(&[shell_daemon("a", "exec sleep 1000"), sleeping_daemon("b")]);
    sandbox.run_subcommand(&["start", "--session", "by-hand"]).assert_success();
    sandbox.run_subcommand(&["start", "--session", "by-hand"]).assert_success();
    sandbox.run_subcommand(&["start", "--session", "other"]).assert_success();
    let line = sandbox.find_line("by-hand", "b");
    let json = sandbox.run_subcommand(&["list", "--json"]).stdout;
    assert!(json.starts_with("[{\"format\":1,"), "{json}");
    assert_eq!(line["pid"].as_u64(), Some(sandbox.read_pids("by-hand")["b"].into()));
    assert_eq!((line["state"].as_str(), line["restarts"].as_u64()), (Some("running"), Some(0)));
    assert!(line["uptimeSeconds"].is_u64() && line["since"].as_str().unwrap().ends_with('Z'), "{line}");
    assert_eq!(line["log"].as_str(), sandbox.daemons_dir().canonicalize().unwrap().join("b.by-hand.log").to_str());
    let table = sandbox.run_subcommand(&["list", "--session", "by-hand"]).stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), 2, "{table}");
    let pid = sandbox.read_pids("by-hand")["a"].to_string();
    assert_eq!((&rows[0][..5], rows[0][6]), (&["●", "running", "a", "by-hand", &*pid][..], "0"), "{table}");
    // No hook names the project's directory, so it is the directory in which the daemons were started.
    let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(cwd, sandbox.path("").canonicalize().unwrap());
    let none = sandbox.run_subcommand(&["list", "--session", "by"]).stdout;
    assert_eq!(none, "Session by has no daemons. `sessions daemons list` lists those of all sessions.\n");
    sandbox.run_subcommand(&["stop", "--session", "by-hand"]).assert_success();
    sandbox.wait_for_running(2);
    sandbox.run_subcommand(&["stop", "--session", "other"]).assert_success();
    sandbox.run_subcommand(&["stop", "--session", "other"]).assert_success();
    assert!(sandbox.run_subcommand(&["list"]).stdout.starts_with("No session has daemons."));
    assert_eq!(sandbox.list_json(), [json!(null); 0]);
    assert_eq!(sandbox.run_subcommand(&["stop", "--session", "../x"]).code, Some(2));
}

#[test]
fn the_project_option_wins_over_the_environment() {
    let script = "echo \"variable $CLAUDE_PROJECT_DIR\"; echo \"directory $(pwd)\"; exec sleep 1000";
    let sandbox = DaemonSandbox::new(&[shell_daemon("prints", script)]);
    let home = sandbox.path("").canonicalize().unwrap();
    for name in ["exported", "given"] {
        fs::create_dir(home.join(name)).unwrap();
    }
    let given = home.join("given").display().to_string();
    let cases: [(&str, &[&str], &str); 3] = [
        ("absolute", &["--project", &given], "given"),
        ("relative", &["--project", "given"], "given"),
        ("without", &[], "exported"),
    ];
    for (session, options, expected) in cases {
        let mut command = sandbox.command(executable_path("sessions"));
        command.current_dir(&home).env("CLAUDE_PROJECT_DIR", home.join("exported"));
        command.args(["daemons", "start", "--session", session]).args(options);
        run_with_input(&mut command, "").assert_success();
        let project = home.join(expected).display().to_string();
        let log = sandbox.daemons_dir().join(format!("prints.{session}.log"));
        wait_for("the output of the daemon", || file_contains(&log, "directory "));
        let text = fs::read_to_string(&log).unwrap();
        assert_eq!(text, format!("variable {project}\ndirectory {project}\n"), "{session}");
    }
}

#[test]
fn daemons_that_were_started_by_hand_end_with_the_given_process() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut process = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
    let pid = process.id();
    sandbox.run_subcommand(&["start", "--session", "s", "--pid", &pid.to_string()]).assert_success();
    sandbox.wait_for_running(12);
    process.kill().unwrap();
    process.wait().unwrap();
    sandbox.wait_until_empty();
    assert!(!is_alive(pid));
}

#[test]
fn nothing_is_started_from_a_bad_config() {
    let good = r#"{"name": "good", "command": "/bin/sleep", "args": ["1000"]}"#;
    for (daemon, message) in [
        (r#"{"name": "b", "command": "c", "arg": []}"#, "line 2, column 99: daemons[1].arg: unknown field `arg`"),
        (r#"{"name": "b"}"#, "daemons[1]: missing field `command`"),
        (r#"{"name": "../b", "command": "c"}"#, "daemons[1].name: \"../b\" is not a name"),
        (r#"{"name": "good", "command": "c"}"#, "two daemons have the name \"good\""),
        ("{", "line 2, column "),
    ] {
        let sandbox = DaemonSandbox::with_config(&format!("{{\"daemons\":\n  [{good}, {daemon}]}}"));
        let file = sandbox.config_path();
        let outcome = sandbox.run_subcommand(&["start", "--session", "s"]);
        outcome.assert_failure(message);
        assert!(outcome.stderr.starts_with(&format!("sessions: {}: line 2, ", file.display())), "{}", outcome.stderr);
        assert!(!sandbox.daemons_dir().exists());
    }
}

#[test]
fn a_config_that_others_could_have_written_is_refused() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let set_mode = |path: &std::path::Path, mode| fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    for mode in [0o602, 0o620, 0o666] {
        set_mode(&sandbox.config_path(), mode);
        let outcome = sandbox.run_subcommand(&["start", "--session", "s"]);
        outcome.assert_failure(&format!(
            "session-daemons.json: others may write to it (mode {mode:o}): run `chmod go-w` on it"
        ));
    }
    // A symbolic link does not hide who may write to the file.
    fs::rename(sandbox.config_path(), sandbox.path("real")).unwrap();
    symlink(sandbox.path("real"), sandbox.config_path()).unwrap();
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_failure("others may write to it");
    set_mode(&sandbox.path("real"), 0o644);
    set_mode(&sandbox.path(""), 0o777);
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_failure("everybody may write to its directory");
    set_mode(&sandbox.path(""), 0o755);
    assert!(!sandbox.daemons_dir().exists());
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_success();
    sandbox.wait_for_running(12);
    fs::create_dir_all(sandbox.path("x/.claude/session-daemons.json")).unwrap();
    let mut command = sandbox.command(executable_path("sessions"));
    command.env("HOME", sandbox.path("x")).args(["daemons", "start", "--session", "s"]);
    run_with_input(&mut command, "").assert_failure("not a regular file");
}

#[test]
fn a_directory_that_others_may_write_to_is_refused() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    fs::create_dir(sandbox.daemons_dir()).unwrap();
    fs::set_permissions(sandbox.daemons_dir(), PermissionsExt::from_mode(0o770)).unwrap();
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_failure("session-daemons: others may write to it");
    assert!(sandbox.running_pids().is_empty());
}

#[test]
fn daemons_that_cannot_be_started_are_reported_and_the_others_run() {
    let sandbox = DaemonSandbox::new(&[
        json!({"name": "gone", "command": "/no/such/program"}),
        json!({"name": "unknown", "command": "no-such-program"}),
        json!({"name": "nowhere", "command": "/bin/sleep", "cwd": "/no/such/directory"}),
        json!({"name": "fine", "command": "sleep", "args": ["1000"], "env": {"PATH": "/usr/bin:/bin"}}),
    ]);
    let outcome = sandbox.run_subcommand(&["start", "--session", "s"]);
    outcome.assert_failure("gone: /no/such/program is not an executable file; unknown: no-such-program is not on PATH; nowhere: /no/such/directory is not a directory");
    sandbox.wait_for_running(1);
    assert_eq!(sandbox.read_pids("s").len(), 1);
    assert_eq!(sandbox.find_line("s", "unknown")["state"], "failed");
    assert_eq!(
        fs::read_to_string(sandbox.daemons_dir().join("unknown.s.log")).unwrap(),
        "sessions: no-such-program is not on PATH\n"
    );
    // The daemons run already, so a second start has nothing to report.
    sandbox.run_subcommand(&["start", "--session", "s"]).assert_success();
}

#[test]
fn a_supervisor_without_its_sessions_lock_starts_nothing() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let outcome = sandbox.run_subcommand(&["supervise", "--session", "s", "--project", "/"]);
    outcome.assert_failure("only `sessions daemons start` starts a supervisor");
    assert!(sandbox.running_pids().is_empty() && !sandbox.daemons_dir().exists());
}
