//! Daemons that do not end when they are asked to, or that leave processes behind. All of them are ended.

use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::{Value, json};

use super::daemon_sandbox::{CliSession, DaemonSandbox, file_contains, is_alive, send_signal, shell_daemon, wait_for};
use crate::sandbox::write_script;

/// Starts a session with this daemon, and waits until the daemon prints `ready`.
fn start_until_ready(daemon: Value) -> (DaemonSandbox, CliSession) {
    let sandbox = DaemonSandbox::new(&[daemon]);
    let cli = sandbox.start_session("s");
    let log = sandbox.daemons_dir().join("stubborn.s.log");
    wait_for("the word `ready`", || file_contains(&log, "ready"));
    (sandbox, cli)
}

/// Ends the session of a daemon that has at least this many processes. Nothing must be left when the hook ends.
#[track_caller]
fn assert_ended(script: &str, least_processes: usize) {
    let (sandbox, mut cli) = start_until_ready(shell_daemon("stubborn", script));
    wait_for("all processes of the daemon", || sandbox.running_pids().len() >= least_processes);
    let pids = sandbox.running_pids();
    let begun = Instant::now();
    cli.run_end_hook("other").assert_success();
    // The end takes 1.2 s at most on an idle machine. A process that nobody ends would take 1000 s.
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
    sandbox.assert_empty();
}

#[test]
fn a_daemon_that_ignores_sigterm() {
    assert_ended("trap '' TERM HUP INT; echo ready; while :; do sleep 1000; done", 2);
}

#[test]
fn a_daemon_that_forks() {
    assert_ended("sleep 1000 & (sleep 1000 & sleep 1000) & (sleep 1000 &) ; echo ready; wait", 5);
}

#[test]
fn a_daemon_whose_children_call_setsid() {
    assert_ended("setsid -f sleep 1000; setsid -f sh -c 'trap \"\" TERM; sleep 1000'; echo ready; sleep 1000", 4);
}

#[test]
fn a_daemon_that_has_ended_and_left_processes_behind() {
    assert_ended("setsid -f sh -c 'trap \"\" TERM; sleep 1000'; sleep 1000 & echo ready", 3);
}

#[test]
fn a_daemon_that_stops_itself() {
    assert_ended("trap '' TERM; echo ready; kill -STOP $$", 1);
}

#[test]
fn a_daemon_with_three_hundred_children() {
    let script = "trap '' TERM; i=0; while [ $i -lt 300 ]; do sleep 1000 & i=$((i+1)); done; echo ready; wait";
    let (sandbox, _cli) = start_until_ready(shell_daemon("stubborn", script));
    wait_for("all processes of the daemon", || sandbox.running_pids().len() >= 301);
    let (pids, supervisor) = (sandbox.running_pids(), sandbox.supervisor_pid("s"));
    // The supervisor is asked directly, so no `stop` kills it and ends the processes in its place.
    send_signal("-TERM", supervisor);
    wait_for("the end of the supervisor", || !is_alive(supervisor));
    assert!(pids.iter().all(|pid| !is_alive(*pid)));
    sandbox.assert_empty();
}

/// Each process calls setsid, starts the next one, and ends.
#[test]
fn a_daemon_that_changes_its_pid_all_the_time() {
    let sandbox = DaemonSandbox::new(&[]);
    let script = sandbox.path("hop");
    // The processes end by themselves when the file `go` is removed, also if the test fails.
    write_script(&script, &format!("trap '' TERM\n[ -e {} ] && setsid $0 &", sandbox.path("go").display()));
    fs::write(sandbox.path("go"), "").unwrap();
    fs::write(sandbox.config_path(), json!({"daemons": [{"name": "hop", "command": script}]}).to_string()).unwrap();
    let mut cli = sandbox.start_session("s");
    wait_for("a process other than the first", || {
        sandbox.running_pids().first().is_some_and(|pid| !sandbox.read_pids("s").values().any(|first| first == pid))
    });
    cli.run_end_hook("other").assert_success();
    sandbox.assert_empty();
}

/// Each daemon starts more and more processes that call setsid.
#[test]
fn daemons_that_multiply() {
    let sandbox = DaemonSandbox::new(&[]);
    let script = sandbox.path("multiply");
    let go = sandbox.path("go");
    write_script(
        &script,
        &format!("trap '' TERM\nwhile [ -e {} ]; do setsid sleep 1000 & sleep 0.01; done", go.display()),
    );
    fs::write(sandbox.path("go"), "").unwrap();
    let daemons: Vec<_> = ["a", "b", "c"].iter().map(|name| json!({"name": name, "command": script})).collect();
    fs::write(sandbox.config_path(), json!({ "daemons": daemons }).to_string()).unwrap();
    let mut cli = sandbox.start_session("s");
    wait_for("more than 50 processes", || sandbox.running_pids().len() > 50);
    cli.run_end_hook("other").assert_success();
    sandbox.assert_empty();
}

#[test]
fn a_stopped_supervisor_is_killed_and_its_daemons_end() {
    let (sandbox, mut cli) =
        start_until_ready(shell_daemon("stubborn", "setsid -f sleep 1000; echo ready; sleep 1000"));
    let supervisor = sandbox.supervisor_pid("s");
    send_signal("-STOP", supervisor);
    cli.run_end_hook("other").assert_success();
    assert!(!is_alive(supervisor));
    sandbox.assert_empty();
}
