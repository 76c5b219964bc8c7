//! What is left after the CLI, the supervisor or both were killed.

use super::daemon_sandbox::{DaemonSandbox, is_alive, send_signal, shell_daemon, twelve_daemons, wait_for};
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
