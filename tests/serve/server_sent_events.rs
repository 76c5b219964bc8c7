//! `live=sse`.

use std::io::{BufRead as _, BufReader, Write as _};

use super::messages::summarize;
use super::server::Server;
use crate::sandbox::Sandbox;

#[test]
fn a_client_that_follows_gets_every_change_and_can_continue_from_any_offset() {
    let sandbox = Sandbox::new();
    for session in ["s", "t"] {
        sandbox.run_hook(session, "UserPromptSubmit", r#""prompt":"two\nlines\r\nand more""#).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut events = server.follow("-1");
    assert!(events.head.contains("content-type: text/event-stream\r\n"), "{}", events.head);
    let (messages, first) = events.next_batch();
    assert_eq!(summarize(&messages), ["insert s working", "insert t working"]);
    assert_eq!(messages[0]["value"]["prompt"], "two\nlines\r\nand more");
    sandbox.run_hook("s", "Stop", "").assert_success();
    let (messages, second) = events.next_batch();
    assert_eq!(summarize(&messages), ["update s waiting"]);
    assert!(second > first);
    drop(events);
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.wait_for_state("t", "waiting stop");
    assert_eq!(summarize(&server.follow(&first).next_batch().0), ["update s waiting", "update t waiting"]);
    assert_eq!(summarize(&server.follow(&second).next_batch().0), ["update t waiting"]);
}

#[test]
fn server_sent_events_are_not_cached_and_have_no_space_after_the_colon() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let mut stream = server.connect();
    stream.write_all(b"GET /sessions?offset=-1&live=sse HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut text = String::new();
    let mut reader = BufReader::new(stream);
    while !text.contains("streamNextOffset") {
        assert!(reader.read_line(&mut text).unwrap() > 0);
    }
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("\r\ncache-control: no-cache, no-store\r\n"), "{head}");
    assert!(body.starts_with("event: data\ndata:[\ndata:{\"type\":\"session\""), "{body}");
    assert!(body.contains("}\ndata:]\n\nevent: control\ndata:{\""), "{body}");
}
