//! Which hook events start and end the daemons of a session.

use std::io::Write as _;
use std::process::Child;

use super::daemon_sandbox::{DaemonSandbox, is_alive, twelve_daemons, wait_for};
use crate::sandbox::{ClaudeProcess, executable_path, payload};

#[test]
fn a_compaction_or_a_resumption_starts_no_second_set_of_daemons() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut cli = sandbox.start_session("s");
    let pids = sandbox.read_pids("s");
    for source in ["compact", "resume", "startup", "of a later version"] {
        cli.run_start_hook(source).assert_success();
        assert_eq!(sandbox.read_pids("s"), pids, "{source}");
        sandbox.wait_for_running(12);
    }
    cli.run_end_hook("other").assert_success();
    cli.run_end_hook("other").assert_success();
    // Daemons that were ended by hand are not started again by a compaction.
    cli.run_start_hook("compact").assert_success();
    sandbox.assert_empty();
    cli.run_start_hook("resume").assert_success();
    assert_eq!(sandbox.read_pids("s").len(), 12);
    sandbox.wait_for_running(12);
    assert!(sandbox.read_pids("s").values().all(|pid| !pids.values().any(|old| old == pid) && is_alive(*pid)));
}

#[test]
fn twenty_starts_at_once_start_one_set_of_daemons() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let spawn_hook = |_| {
        let mut sessions = sandbox.piped_command(executable_path("sessions"));
        let mut child = sessions.args(["daemons", "start"]).spawn().unwrap();
        let text = payload("s", "SessionStart", r#""source":"startup""#);
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child
    };
    let children: Vec<Child> = (0..20).map(spawn_hook).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    }
    sandbox.wait_for_running(12);
    assert_eq!((sandbox.read_pids("s").len(), sandbox.list_json().len()), (12, 12));
    assert!(sandbox.read_pids("s").values().all(|pid| is_alive(*pid)));
}

#[test]
fn after_clear_the_new_session_has_daemons_of_its_own() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut cli = sandbox.start_session("old");
    let old_pids = sandbox.read_pids("old");
    cli.run_end_hook("clear").assert_success();
    cli.session = "new";
    cli.run_start_hook("clear").assert_success();
    assert!(old_pids.values().all(|pid| !is_alive(*pid)));
    assert_eq!(sandbox.read_pids("new").len(), 12);
    sandbox.wait_for_running(12);
    assert!(sandbox.list_files().iter().all(|name| !name.contains("old")));
    let environment = std::fs::read(format!("/proc/{}/environ", sandbox.read_pids("new")["d1"])).unwrap();
    assert!(String::from_utf8_lossy(&environment).contains("CLAUDE_SESSION_ID=new\0"));
}

#[test]
fn daemons_end_when_their_cli_starts_another_session_without_ending_theirs() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut cli = sandbox.start_session("old");
    cli.session = "new";
    cli.run_start_hook("resume").assert_success();
    wait_for("the end of the old daemons", || {
        sandbox.read_pids("old").is_empty() && sandbox.running_pids().len() == 12
    });
    assert_eq!(sandbox.read_pids("new").len(), 12);
}

#[test]
fn without_a_config_nothing_is_started() {
    let sandbox = DaemonSandbox::new(&[]);
    std::fs::remove_file(sandbox.config_path()).unwrap();
    let mut cli = sandbox.start_session("s");
    cli.run_end_hook("other").assert_success();
    assert!(!sandbox.daemons_dir().exists());
    assert_eq!(sandbox.list_json().len(), 0);
}

#[test]
fn an_invalid_hook_json_starts_nothing() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut process = ClaudeProcess::start(&sandbox);
    for (text, message) in [
        ("", "read stdin: empty"),
        ("{\"session_id\":\"../x\"}", "session_id is not a string"),
        ("{\"source\":\"startup\"}", "no session_id"),
        ("nonsense", "not a JSON object"),
    ] {
        for command in ["sessions daemons start", "sessions daemons stop"] {
            process.run_executable(command, text).assert_failure(message);
        }
    }
    assert!(!sandbox.daemons_dir().exists());
}
