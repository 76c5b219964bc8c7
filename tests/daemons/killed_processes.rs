//! What is left after the CLI, the supervisor or both were killed.

use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::daemon_sandbox::{DaemonSandbox, is_alive, send_signal, shell_daemon, twelve_daemons, wait_for};
use crate::sandbox::{SleepingProcess, write_script};
use crate::serve::server::Server;

#[test]
fn a_killed_cli_leaves_no_daemons_and_an_ended_session() {
    let mut daemons = twelve_daemons();
    daemons.push(shell_daemon("stubborn", "trap '' TERM; setsid -f sleep 1000; while :; do sleep 1000; done"));
    let sandbox = DaemonSandbox::new(&daemons);
    let mut cli = sandbox.start_session("s");
    let other = sandbox.start_session("t");
    cli.process.run_hook("s", "UserPromptSubmit", "").assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working");
    // 13 daemons of each session, and two more processes of each stubborn one.
    sandbox.wait_for_running(30);
    let supervisor = sandbox.supervisor_pid("s");
    send_signal("-KILL", cli.process.pid());
    wait_for("the end of the supervisor", || !is_alive(supervisor));
    assert_eq!(sandbox.describe_signals("s"), "ended");
    assert_eq!(sandbox.read_signal("s", "ended")["reason"], "killed");
    assert!(sandbox.list_files().iter().all(|name| !name.contains(".s.")), "{:?}", sandbox.list_files());
    // Only the daemons of the other session are left.
    sandbox.wait_for_running(15);
    assert!(sandbox.read_pids("t").values().all(|pid| is_alive(*pid)));
    assert_eq!(sandbox.describe_signals("t"), "");
    drop(other);
    sandbox.wait_for_running(0);
}

#[test]
fn daemons_die_with_a_killed_supervisor_and_the_next_start_ends_their_descendants() {
    let sandbox = DaemonSandbox::new(&[
        shell_daemon("plain", "exec sleep 1000"),
        shell_daemon("escapes", "setsid -f sleep 2000; exec sleep 1000"),
    ]);
    let mut cli = sandbox.start_session("s");
    sandbox.wait_for_running(3);
    let pids = sandbox.read_pids("s");
    send_signal("-KILL", sandbox.supervisor_pid("s"));
    wait_for("the end of both daemons", || pids.values().all(|pid| !is_alive(*pid)));
    let orphans = sandbox.running_pids();
    assert_eq!(orphans.len(), 1, "one process called setsid");
    assert_eq!(sandbox.find_line("s", "plain")["state"], "lost");
    // The start of another session ends the orphan.
    let _other = sandbox.start_session("t");
    assert!(!is_alive(orphans[0]));
    assert!(sandbox.list_files().iter().all(|name| !name.contains(".s.")), "{:?}", sandbox.list_files());
    sandbox.wait_for_running(3);
    // When the session is resumed, its daemons are started again.
    cli.run_start_hook("resume").assert_success();
    sandbox.wait_for_running(6);
}

#[test]
fn stop_by_hand_leaves_nothing_after_both_were_killed() {
    let sandbox = DaemonSandbox::new(&[shell_daemon("escapes", "setsid -f sleep 2000; exec sleep 1000")]);
    let cli = sandbox.start_session("s");
    sandbox.wait_for_running(2);
    send_signal("-KILL", sandbox.supervisor_pid("s"));
    send_signal("-KILL", cli.process.pid());
    sandbox.wait_for_running(1);
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_success();
    sandbox.assert_empty();
}

/// Kills the supervisor of a daemon that starts a script apart from itself, and stops the daemons by hand. Nothing may be left. It
/// depends on the moment what the search finds, so it is done several times.
#[cfg(target_os = "linux")]
fn assert_stop_leaves_nothing(arguments: &str, script: &str) {
    for _ in 0..20 {
        let daemon = shell_daemon("escapes", &format!("setsid -f ~/script {arguments}; exec sleep 1000"));
        let sandbox = DaemonSandbox::new(&[daemon]);
        write_script(&sandbox.path("script"), script);
        let cli = sandbox.start_session("s");
        sandbox.wait_for_running(2);
        send_signal("-KILL", sandbox.supervisor_pid("s"));
        send_signal("-KILL", cli.process.pid());
        sandbox.run_subcommand(&["stop", "--session", "s"]).assert_success();
        for _ in 0..20 {
            sandbox.assert_empty();
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_becomes_another_program_at_this_moment_is_ended_too() {
    // While a process becomes another program, nobody can read its environment. This one becomes itself again and again.
    assert_stop_leaves_nothing("", r#"exec "$0""#);
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_starts_another_one_and_ends_at_this_moment_leaves_nothing() {
    // Each process starts the next one and ends. The last one stays.
    assert_stop_leaves_nothing("50", r#"if [ "$1" -gt 0 ]; then "$0" $(($1 - 1)) & else exec sleep 1000; fi"#);
}

/// A supervisor that dies gives up its lock a moment before its process is gone. Another process stands for it here.
#[test]
#[cfg(target_os = "linux")]
fn what_a_supervisor_leaves_is_found_although_its_process_is_not_gone_yet() {
    let sandbox = DaemonSandbox::new(&[shell_daemon("plain", "exec sleep 1000")]);
    let cli = sandbox.start_session("t");
    sandbox.wait_for_running(1);
    let environment = fs_err::read(format!("/proc/{}/environ", sandbox.running_pids()[0])).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    let marker = environment.split('\0').find_map(|entry| entry.strip_prefix("SESSION_SIGNALS_GUARD=")).unwrap();
    // After the PID and the start time come the host and the directory.
    let host_and_directory = marker.splitn(3, ':').nth(2).unwrap();
    drop(cli);
    sandbox.wait_until_empty();
    let supervisor = SleepingProcess::start();
    let marker = format!("{}:{}:{host_and_directory}", supervisor.pid(), supervisor.start_time());
    let left = SleepingProcess::start_by(Command::new("sleep").arg("1000").env("SESSION_SIGNALS_GUARD", marker));
    let process = json!({"pid": supervisor.pid(), "start": supervisor.start_time()});
    let state = json!({"guard": process, "claude": null, "ending": false, "daemons": []});
    fs_err::write(sandbox.state_path("s"), state.to_string()).unwrap();
    fs_err::write(sandbox.lock_path("s"), "").unwrap();
    let end = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        drop(supervisor);
    });
    sandbox.run_subcommand(&["stop", "--session", "s"]).assert_success();
    end.join().unwrap();
    wait_for("the end of the process that is left", || !is_alive(left.pid()));
    assert_eq!(sandbox.list_files(), [""; 0]);
}

#[test]
fn serve_ends_what_is_left_after_both_were_killed_and_logs_it() {
    let sandbox = DaemonSandbox::new(&[shell_daemon("escapes", "setsid -f sleep 2000; exec sleep 1000")]);
    let mut cli = sandbox.start_session("s");
    cli.process.run_hook("s", "UserPromptSubmit", "").assert_success();
    sandbox.wait_for_running(2);
    send_signal("-KILL", sandbox.supervisor_pid("s"));
    send_signal("-KILL", cli.process.pid());
    sandbox.wait_for_running(1);
    let server = Server::start(&sandbox);
    sandbox.wait_for_running(0);
    wait_for("the line in the log", || {
        server.log().contains("ended 1 processes of daemons whose session and supervisor are gone")
    });
    wait_for("the ended signal", || {
        sandbox.signal_path("s", "ended").exists() && !sandbox.signal_path("s", "working").exists()
    });
    assert_eq!(sandbox.list_files(), [""; 0]);
}

#[test]
fn no_daemons_are_started_for_a_cli_that_has_died() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let cli = sandbox.start_session("t");
    let pid = cli.process.pid().to_string();
    drop(cli);
    sandbox.wait_until_empty();
    let outcome = sandbox.run_subcommand(&["start", "--session", "s", "--pid", &pid]);
    outcome.assert_failure(&format!("there is no process {pid}"));
    sandbox.assert_empty();
}
