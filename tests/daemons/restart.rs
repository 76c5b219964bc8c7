//! Daemons that end by themselves, and whether they are restarted.

use super::daemon_sandbox::{DaemonSandbox, file_contains, is_alive, send_signal, shell_daemon, wait_for};
use serde_json::Value;

fn with_restart(mut daemon: Value, restart: &str) -> Value {
    daemon["restart"] = restart.into();
    daemon
}

#[test]
fn each_daemon_is_restarted_as_its_config_says() {
    let sandbox = DaemonSandbox::new(&[
        shell_daemon("never", "exit 3"),
        with_restart(shell_daemon("clean", "exit 0"), "on-failure"),
        with_restart(shell_daemon("crash", "echo again; exit 3"), "on-failure"),
        with_restart(shell_daemon("always", "exit 0"), "always"),
    ]);
    let mut cli = sandbox.start_session("s");
    let state = |name: &str| sandbox.find_line("s", name)["state"].as_str().unwrap().to_owned();
    wait_for("the two daemons that are not restarted", || state("never") == "failed" && state("clean") == "exited");
    let restarts = |name: &str| sandbox.find_line("s", name)["restarts"].as_u64().unwrap();
    wait_for("two restarts of both other daemons", || restarts("crash") >= 2 && restarts("always") >= 2);
    // After the fifth end within a minute there is no restart.
    wait_for("the failure of both other daemons", || state("crash") == "failed" && state("always") == "failed");
    assert_eq!((restarts("crash"), restarts("always"), restarts("never")), (4, 4, 0));
    let log = sandbox.daemons_dir().join("crash.s.log");
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.matches("again\n").count(), 5, "{text}");
    assert!(text.contains("crash ended with exit code 3, restarts in 500.0ms\n"), "{text}");
    assert!(text.ends_with("crash ended with exit code 3, failed too often\n"), "{text}");
    assert!(sandbox.read_pids("s").is_empty());
    // A failed daemon leaves its log and nothing else.
    cli.run_end_hook("other").assert_success();
    assert_eq!(sandbox.list_files(), ["always.s.log", "crash.s.log", "never.s.log"]);
}

#[test]
fn a_killed_daemon_is_restarted_without_the_processes_of_its_earlier_run() {
    let daemon = with_restart(shell_daemon("worker", "sleep 2000 & echo ready; sleep 1000"), "always");
    let sandbox = DaemonSandbox::new(&[daemon]);
    let _cli = sandbox.start_session("s");
    let log = sandbox.daemons_dir().join("worker.s.log");
    wait_for("the daemon and its two children", || file_contains(&log, "ready") && sandbox.running_pids().len() == 3);
    let old_pids = sandbox.running_pids();
    send_signal("-KILL", sandbox.read_pids("s")["worker"]);
    wait_for("the restart", || sandbox.find_line("s", "worker")["restarts"] == 1 && sandbox.running_pids().len() == 3);
    assert!(old_pids.iter().all(|pid| !is_alive(*pid)));
    assert_eq!(u64::from(sandbox.read_pids("s")["worker"]), sandbox.find_line("s", "worker")["pid"].as_u64().unwrap());
}

#[test]
fn only_the_newest_logs_of_failed_daemons_are_kept() {
    let sandbox = DaemonSandbox::new(&[shell_daemon("fails", "echo no; exit 1")]);
    for number in 0..25 {
        let session = format!("s{number}");
        sandbox.run_subcommand(&["start", "--session", &session]).assert_success();
        wait_for("the failure", || sandbox.find_line(&session, "fails")["state"] == "failed");
        sandbox.run_subcommand(&["stop", "--session", &session]).assert_success();
    }
    let files = sandbox.list_files();
    assert!(files.len() <= 21 && files.contains(&"fails.s24.log".to_owned()), "{files:?}");
}
