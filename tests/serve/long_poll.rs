//! `live=long-poll`.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use super::http_answer::parse_answer;
use super::messages::summarize;
use super::server::Server;
use crate::sandbox::Sandbox;

#[test]
fn a_long_poll_is_answered_when_an_event_comes() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let at_once = server.get("/sessions?offset=-1&live=long-poll");
    assert_eq!(summarize(&at_once.messages()), ["insert s waiting"]);
    let cursor: u64 = at_once.header("stream-cursor").parse().unwrap();
    for offset in [at_once.header("stream-next-offset"), "now"] {
        let path = &format!("/sessions?offset={offset}&live=long-poll&cursor={cursor}");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| server.get(path));
            std::thread::sleep(Duration::from_millis(100));
            assert!(!waiting.is_finished(), "no event has come yet");
            // With the offset `now`, only events after the request has arrived count.
            // Each event publishes another kind of signal: a hook that cannot exchange two files replaces a signal of the same
            // kind in two steps.
            let events = if offset == "now" { ["Stop", "UserPromptSubmit"] } else { ["UserPromptSubmit", "Stop"] };
            for event in events.iter().cycle() {
                sandbox.run_hook("s", event, "").assert_success();
                std::thread::sleep(Duration::from_millis(100));
                if waiting.is_finished() || offset != "now" {
                    break;
                }
            }
            let answer = waiting.join().unwrap();
            let summaries = summarize(&answer.messages());
            assert!(
                summaries == ["update s working"] || offset == "now" && summaries == ["update s waiting"],
                "{summaries:?}"
            );
            assert!(
                answer.header("stream-cursor").parse::<u64>().unwrap() > cursor,
                "the cursor must be another one than the client's"
            );
            assert_eq!(answer.header("stream-up-to-date"), "true");
        });
    }
}

#[test]
fn a_long_poll_without_an_event_returns_the_end_of_the_stream() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    // A long poll ends after half a minute, or when the server ends, as here.
    let request =
        |method, parameters| format!("{method} /sessions?offset={tail}{parameters} HTTP/1.1\r\nHost: localhost\r\n");
    let mut stream = server.connect();
    // Two requests at once: when the first is answered, the second has arrived, too.
    let (first, second) = (request("HEAD", ""), request("GET", "&live=long-poll"));
    write!(stream, "{first}\r\n{second}Connection: close\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    server.send_signal("-TERM");
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let answer = parse_answer(&text);
    assert_eq!((answer.status, &*answer.body, answer.header("stream-next-offset")), (204, "", &*tail));
    assert_eq!(answer.header("stream-up-to-date"), "true");
    assert_ne!(answer.header("stream-cursor"), "");
}
