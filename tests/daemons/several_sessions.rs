//! Several sessions at once: each has daemons of its own.

use std::collections::BTreeSet;

use super::daemon_sandbox::{DaemonSandbox, is_alive, send_signal, twelve_daemons, wait_for};

#[test]
fn three_sessions_start_and_end_their_daemons_independently() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let mut clis = ["one", "two", "three"].map(|session| sandbox.start_session(session));
    let pids = ["one", "two", "three"].map(|session| sandbox.read_pids(session));
    let all: BTreeSet<u32> = pids.iter().flat_map(|pids| pids.values().copied()).collect();
    assert_eq!(all.len(), 36);
    assert!(all.iter().all(|pid| is_alive(*pid)));
    wait_for("all 36 daemons", || sandbox.running_pids().into_iter().collect::<BTreeSet<_>>() == all);
    let listed = sandbox.list_json();
    assert_eq!(listed.len(), 36);
    for line in &listed {
        let index = ["one", "two", "three"].iter().position(|session| line["sessionId"] == *session).unwrap();
        assert_eq!((line["state"].as_str(), line["restarts"].as_u64()), (Some("running"), Some(0)), "{line}");
        assert_eq!(line["pid"].as_u64(), Some(pids[index][line["name"].as_str().unwrap()].into()), "{line}");
    }
    clis[1].run_end_hook("prompt_input_exit").assert_success();
    // The daemons have ended when the hook ends, not some time later.
    assert!(pids[1].values().all(|pid| !is_alive(*pid)));
    assert!(pids[0].values().chain(pids[2].values()).all(|pid| is_alive(*pid)));
    assert_eq!((sandbox.read_pids("one"), sandbox.read_pids("three")), (pids[0].clone(), pids[2].clone()));
    assert_eq!(sandbox.list_files().iter().filter(|name| name.contains("two")).count(), 0);
    // PID files can be used by hand.
    let file = sandbox.daemons_dir().join(".d7.three.pid");
    let kill = format!("kill $(cat {})", file.display());
    assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    wait_for("the end of the daemon", || !is_alive(pids[2]["d7"]) && !file.exists());
    assert_eq!(sandbox.find_line("three", "d7")["state"], "exited");
    clis[0].run_end_hook("other").assert_success();
    clis[2].run_end_hook("other").assert_success();
    sandbox.assert_empty();
}

#[test]
fn a_killed_supervisor_does_not_affect_other_sessions() {
    let sandbox = DaemonSandbox::new(&twelve_daemons());
    let _clis = ["one", "two"].map(|session| sandbox.start_session(session));
    let two = sandbox.read_pids("two");
    send_signal("-KILL", sandbox.supervisor_pid("one"));
    sandbox.wait_for_running(12);
    assert!(two.values().all(|pid| is_alive(*pid)));
}
