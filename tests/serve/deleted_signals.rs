//! Another program deletes signals after it has read them, as the daemon of a session dashboard does.

use std::time::Duration;

use super::repair::{LONG_AGO, register};
use super::server::{Server, becomes_true};
use crate::sandbox::{ClaudeProcess, Sandbox};

/// Deletes a signal, and waits until the server has seen that and has done another round.
fn delete_signal(sandbox: &Sandbox, server: &Server, session: &str, kind: &str) {
    fs_err::remove_file(sandbox.signal_path(session, kind)).unwrap();
    let later_session = format!("after-{session}-{kind}");
    sandbox.run_hook(&later_session, "Stop", "").assert_success();
    server.wait_for_state(&later_session, "waiting stop");
    std::thread::sleep(Duration::from_millis(1500));
}

#[test]
fn a_session_stays_although_its_signal_was_deleted() {
    for is_registered in [false, true] {
        let sandbox = Sandbox::new();
        let mut cli = ClaudeProcess::start(&sandbox);
        if is_registered {
            register(&sandbox, &cli, "s", "idle", LONG_AGO);
        }
        cli.run_hook("s", "Stop", r#""last_assistant_message":"all done""#).assert_success();
        let server = Server::start(&sandbox);
        let is = |state: &str, member: &str, text: &str| {
            let sessions = server.sessions();
            let found = sessions.iter().find(|value| value["sessionId"] == "s");
            found.is_some_and(|value| value["state"] == state && value[member] == text)
        };
        assert!(becomes_true(|| is("waiting", "lastMessage", "all done")), "{:#?}", server.sessions());
        delete_signal(&sandbox, &server, "s", "stop");
        assert!(is("waiting", "lastMessage", "all done"), "registered: {is_registered} {:#?}", server.sessions());
        // The next signals count, and their deletion changes nothing either.
        if !is_registered {
            cli.run_hook("s", "UserPromptSubmit", r#""prompt":"go on""#).assert_success();
            assert!(becomes_true(|| is("working", "prompt", "go on")));
            delete_signal(&sandbox, &server, "s", "working");
            assert!(is("working", "prompt", "go on"), "{:#?}", server.sessions());
            // A deleted permission means that the call was answered and the turn goes on.
            cli.run_hook("s", "PermissionRequest", r#""tool_name":"Bash","prompt":"go on""#).assert_success();
            assert!(becomes_true(|| is("permission", "rule", "permission")));
            delete_signal(&sandbox, &server, "s", "permission");
            assert!(is("working", "prompt", "go on"), "{:#?}", server.sessions());
        }
        // The session goes with its process.
        drop(cli);
        assert!(
            becomes_true(|| server.sessions().iter().all(|value| value["sessionId"] != "s")),
            "{:#?}",
            server.sessions()
        );
    }
}

#[test]
fn a_session_whose_end_was_deleted_is_gone_although_the_process_lives() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    server.wait_for_state("s", "waiting stop");
    // `/clear`
    cli.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
    cli.run_hook("t", "SessionStart", r#""source":"clear""#).assert_success();
    server.wait_for_state("s", "ended ended");
    fs_err::remove_file(sandbox.signal_path("s", "ended")).unwrap();
    assert!(
        becomes_true(|| server.sessions().iter().all(|value| value["sessionId"] != "s")),
        "{:#?}",
        server.sessions()
    );
    assert_eq!(server.sessions().len(), 1);
}
