//! Clients that come back with an offset of an earlier run of the server.

use serde_json::Value;

use super::messages::summarize;
use super::server::{Server, free_port};
use crate::sandbox::Sandbox;

#[test]
fn an_offset_of_another_run_is_answered_with_everything_that_is_true() {
    let sandbox = Sandbox::new();
    for session in ["s", "t", "u"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    let port = free_port();
    let server = Server::start_on_port(&sandbox, port);
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    let (run, position) = offset.split_once('_').unwrap();
    // While no server runs, one session changes and one goes.
    drop(server);
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    fs_err::remove_file(sandbox.signal_path("t", "stop")).unwrap();
    let server = Server::start_on_port(&sandbox, port);
    let next = server.get("/sessions").header("stream-next-offset").to_owned();
    assert!(*next > *offset);
    // The same for an offset of a later run, and for one that this run has not reached: a client that is refused never tries
    // again.
    let this_run = next.split_once('_').unwrap().0;
    let later = format!("{:016x}_{position}", u64::from_str_radix(run, 16).unwrap() + (1 << 60));
    for offset in [offset, later, format!("{this_run}_00000000000000ff")] {
        for live in ["", "&live=long-poll"] {
            let answer = server.get(&format!("/sessions?offset={offset}{live}"));
            let mut summaries = summarize(&answer.messages());
            summaries.sort();
            assert_eq!(summaries, ["delete t -", "upsert s working", "upsert u waiting"], "{offset}{live}");
            assert_eq!(answer.header("stream-next-offset"), next);
        }
        let mut events = server.follow(&offset);
        let (messages, last) = events.next_batch();
        assert_eq!((messages.len(), &last), (3, &next));
        // From there the client continues.
        drop(events);
        let answer = server.get(&format!("/sessions?offset={last}"));
        assert_eq!((&*answer.body, answer.header("stream-next-offset")), ("[]", &*next));
    }
    let mut events = server.follow(&next);
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert_eq!(events.next_batch().0, Vec::<Value>::new());
    assert_eq!(summarize(&events.next_batch().0), ["update s waiting"]);
}
