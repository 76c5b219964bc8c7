//! Reads that do not wait: what they return, and which requests are refused.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::messages::summarize;
use super::server::{Server, becomes_true};
use crate::sandbox::{ClaudeProcess, Sandbox, set_modified};
use crate::sessions::list;
use crate::sessions::registry_entry::write_registry_entry;

#[test]
fn the_query_that_session_dashboards_document_gets_the_ended_sessions() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    sandbox.run_hook("t", "SessionEnd", "").assert_success();
    let server = Server::start(&sandbox);
    let answer = server.get("/sessions");
    assert_eq!(answer.header("stream-up-to-date"), "true");
    let idle: Vec<_> = answer.messages().into_iter().filter(|message| message["value"]["status"] == "idle").collect();
    assert_eq!(idle.len(), 1);
    assert_eq!(idle[0]["value"]["sessionId"], "t");
    let listed = list::json(&sandbox, &["--all"]);
    let found: Vec<_> = server.messages().into_iter().map(|mut message| message["value"].take()).collect();
    assert!(listed.iter().all(|session| found.contains(session)) && listed.len() == found.len());
}

#[test]
fn a_read_with_an_offset_returns_what_is_new_after_it() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let server = Server::start(&sandbox);
    let first = server.get("/sessions?offset=-1");
    assert_eq!(summarize(&first.messages()), ["insert s working"]);
    let offset = first.header("stream-next-offset").to_owned();
    let again = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!((&*again.body, again.header("stream-next-offset")), ("[]", &*offset));
    sandbox.run_hook("s", "Stop", "").assert_success();
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.wait_for_state("s", "waiting stop");
    server.wait_for_state("t", "waiting stop");
    let more = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!(summarize(&more.messages()), ["update s waiting", "insert t waiting"]);
    assert!(*more.header("stream-next-offset") > *offset, "offsets sort in the order of events");
    // For a new client, the only event of a session in the log is an insert.
    assert_eq!(summarize(&server.messages()), ["insert s waiting", "insert t waiting"]);
    fs_err::remove_file(sandbox.signal_path("t", "stop")).unwrap();
    assert!(becomes_true(|| server.messages().len() == 1));
    let more = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!(summarize(&more.messages()), ["update s waiting", "delete t -"]);
}

#[test]
fn the_offset_now_is_the_end_of_the_stream() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let now = server.get("/sessions?offset=now");
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    assert_eq!((now.status, &*now.body, now.header("stream-next-offset")), (200, "[]", &*tail));
    assert_eq!((now.header("stream-up-to-date"), now.header("etag")), ("true", ""));
    let mut events = server.follow("now");
    let first = events.next_event().unwrap();
    assert_eq!((&*first.name, &first.data["upToDate"]), ("control", &json!(true)));
    assert_eq!(first.data["streamNextOffset"], *tail);
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    assert_eq!(summarize(&events.next_batch().0), ["update s ended"]);
}

#[test]
fn a_read_with_the_current_etag_is_answered_with_304() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let tag = server.get("/sessions").header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let answer = server.request("GET", "/sessions", &[&format!("If-None-Match: {known}")]);
        assert_eq!((answer.status, &*answer.body, answer.header("etag")), (304, "", &*tag));
        assert_ne!(answer.header("stream-next-offset"), "");
    }
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    server.wait_for_state("s", "ended ended");
    let answer = server.request("GET", "/sessions", &[&format!("If-None-Match: {tag}")]);
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("etag"), tag);
}

#[test]
fn head_returns_the_end_of_the_stream_and_no_body() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let head = server.request("HEAD", "/sessions", &[]);
    let get = server.get("/sessions");
    assert_eq!((head.status, &*head.body), (200, ""));
    for name in ["content-type", "stream-next-offset", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!((head.header("cache-control"), head.header("content-length")), ("no-store", ""));
    // HEAD does not wait for events.
    assert_eq!(server.request("HEAD", "/sessions?offset=now&live=sse", &[]).status, 200);
}

#[test]
fn a_wrong_request_is_refused_with_a_reason() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    for (path, status, reason) in [
        ("/sessions?offset=", 400, "this is not an offset of this stream\n"),
        ("/sessions?offset=7", 400, "this is not an offset of this stream\n"),
        ("/sessions?offset=-2", 400, "this is not an offset of this stream\n"),
        ("/sessions?offset=NOW", 400, "this is not an offset of this stream\n"),
        ("/sessions?offset=+000000000000001_0000000000000000", 400, "this is not an offset of this stream\n"),
        (&*format!("/sessions?offset={}", tail.to_uppercase() + "0"), 400, "this is not an offset of this stream\n"),
        ("/sessions?live=sse", 400, "the parameter live needs an offset\n"),
        ("/sessions?live=long-poll", 400, "the parameter live needs an offset\n"),
        ("/sessions?offset=-1&live=yes", 400, "the parameter live must be long-poll or sse\n"),
        ("/sessions?offset=-1&offset=now", 400, "a parameter is given twice\n"),
        ("/sessions/", 404, "not found: this server has only /, /sessions and /setup\n"),
        ("/..%2f..%2fetc/passwd", 404, "not found: this server has only /, /sessions and /setup\n"),
        ("/sessions/s", 404, "not found: this server has only /, /sessions and /setup\n"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, &*answer.body), (status, reason), "{path}");
    }
}

#[test]
fn time_alone_makes_no_updates() {
    let sandbox = Sandbox::new();
    // The clock was set back, so the time of the last activity is "now" in each round. And no file tells the time of `t`.
    sandbox.run_hook("s", "Stop", "").assert_success();
    set_modified(&sandbox.signal_path("s", "stop"), SystemTime::now() + Duration::from_secs(24 * 60 * 60));
    let cli = ClaudeProcess::start(&sandbox);
    let pid = cli.pid();
    let entry = format!(r#"{{"pid":{pid},"sessionId":"t","status":"odd","statusUpdatedAt":1}}"#);
    write_registry_entry(&sandbox, pid, &entry);
    let server = Server::start(&sandbox);
    server.wait_for_state("t", "waiting unknown");
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    // Three rounds later.
    std::thread::sleep(Duration::from_millis(3200));
    let answer = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!((&*answer.body, answer.header("stream-next-offset")), ("[]", &*offset));
}
