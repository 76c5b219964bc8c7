//! Another daemon reads the same directory, and deletes the signals that it has seen. (The dashboards' does.)

use std::time::Duration;

use super::healing::{LONG, register};
use super::server::{Server, within};
use crate::sandbox::{ClaudeProcess, Sandbox};

/// Deletes a signal; the server has seen that, and had the time to look at everything again.
fn consume(sandbox: &Sandbox, server: &Server, session: &str, kind: &str) {
    fs_err::remove_file(sandbox.signal_path(session, kind)).unwrap();
    let witness = format!("after-{session}-{kind}");
    sandbox.run_hook(&witness, "Stop", "").assert_success();
    server.until(&witness, "waiting stop");
    std::thread::sleep(Duration::from_millis(1500));
}

#[test]
fn a_session_stays_whose_signal_another_daemon_deleted() {
    for is_registered in [false, true] {
        let sandbox = Sandbox::new();
        let mut life = ClaudeProcess::start(&sandbox);
        if is_registered {
            register(&sandbox, &life, "s", "idle", LONG);
        }
        life.run_hook("s", "Stop", r#""last_assistant_message":"all done""#).assert_success();
        let server = Server::start(&sandbox);
        let is = |state: &str, member: &str, said: &str| {
            let sessions = server.sessions();
            let found = sessions.iter().find(|value| value["sessionId"] == "s");
            found.is_some_and(|value| value["state"] == state && value[member] == said)
        };
        assert!(within(|| is("waiting", "lastMessage", "all done")), "{:#?}", server.sessions());
        consume(&sandbox, &server, "s", "stop");
        assert!(is("waiting", "lastMessage", "all done"), "registered: {is_registered} {:#?}", server.sessions());
        // What comes counts, and stays in its turn. (The account moves with it.)
        if !is_registered {
            life.run_hook("s", "UserPromptSubmit", r#""prompt":"go on""#).assert_success();
            assert!(within(|| is("working", "prompt", "go on")));
            consume(&sandbox, &server, "s", "working");
            assert!(is("working", "prompt", "go on"), "{:#?}", server.sessions());
            // A call that was answered: the turn goes on.
            life.run_hook("s", "PermissionRequest", r#""tool_name":"Bash","prompt":"go on""#).assert_success();
            assert!(within(|| is("permission", "rule", "permission")));
            consume(&sandbox, &server, "s", "permission");
            assert!(is("working", "prompt", "go on"), "{:#?}", server.sessions());
        }
        // With its process it goes.
        drop(life);
        assert!(within(|| server.sessions().iter().all(|value| value["sessionId"] != "s")), "{:#?}", server.sessions());
    }
}

#[test]
fn an_end_that_is_deleted_is_gone_though_its_process_lives() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    server.until("s", "waiting stop");
    // `/clear`
    life.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
    life.run_hook("t", "SessionStart", r#""source":"clear""#).assert_success();
    server.until("s", "ended ended");
    fs_err::remove_file(sandbox.signal_path("s", "ended")).unwrap();
    assert!(within(|| server.sessions().iter().all(|value| value["sessionId"] != "s")), "{:#?}", server.sessions());
    assert_eq!(server.sessions().len(), 1);
}
