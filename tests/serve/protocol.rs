//! The read side of the Durable Streams protocol, clause by clause.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Server, free_port, parse, within};
use crate::sandbox::{ClaudeProcess, Sandbox};
use crate::sessions::list;

fn said(messages: &[Value]) -> Vec<String> {
    let said = |message: &Value| {
        assert_eq!(message["type"], "session");
        let state = message["value"]["state"].as_str().unwrap_or("-");
        format!("{} {} {state}", message["headers"]["operation"], message["key"]).replace('"', "")
    };
    messages.iter().map(said).collect()
}

#[test]
fn the_dashboards_question_is_answered_as_they_document_it() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    sandbox.run_hook("t", "SessionEnd", "").assert_success();
    let server = Server::start(&sandbox);
    let answer = server.get("/sessions");
    assert_eq!(answer.header("stream-up-to-date"), "true");
    let over: Vec<_> = answer.messages().into_iter().filter(|message| message["value"]["status"] == "idle").collect();
    assert_eq!(over.len(), 1);
    assert_eq!(over[0]["value"]["sessionId"], "t");
    let listed = list::json(&sandbox, &["--all"]);
    let found: Vec<_> = server.messages().into_iter().map(|mut message| message["value"].take()).collect();
    assert!(listed.iter().all(|session| found.contains(session)) && listed.len() == found.len());
}

#[test]
fn a_catch_up_read_begins_where_the_last_one_ended() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    let server = Server::start(&sandbox);
    let first = server.get("/sessions?offset=-1");
    assert_eq!(said(&first.messages()), ["insert s working"]);
    let offset = first.header("stream-next-offset").to_owned();
    let again = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!((&*again.body, again.header("stream-next-offset")), ("[]", &*offset));
    sandbox.run_hook("s", "Stop", "").assert_success();
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.until("s", "waiting stop");
    server.until("t", "waiting stop");
    let more = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!(said(&more.messages()), ["update s waiting", "insert t waiting"]);
    assert!(*more.header("stream-next-offset") > *offset, "offsets sort as events do");
    // To who comes new, what is left of a compacted log is where a session begins.
    assert_eq!(said(&server.messages()), ["insert s waiting", "insert t waiting"]);
    fs_err::remove_file(sandbox.signal_path("t", "stop")).unwrap();
    assert!(within(|| server.messages().len() == 1));
    let more = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!(said(&more.messages()), ["update s waiting", "delete t -"]);
}

#[test]
fn now_is_where_the_stream_ends() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let now = server.get("/sessions?offset=now");
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    assert_eq!((now.status, &*now.body, now.header("stream-next-offset")), (200, "[]", &*tail));
    assert_eq!((now.header("stream-up-to-date"), now.header("etag")), ("true", ""));
    let mut events = server.follow("now");
    let first = events.next().unwrap();
    assert_eq!((&*first.name, &first.data["upToDate"]), ("control", &json!(true)));
    assert_eq!(first.data["streamNextOffset"], *tail);
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    assert_eq!(said(&events.batch().0), ["update s ended"]);
}

#[test]
fn an_etag_saves_the_same_answer() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let tag = server.get("/sessions").header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 2, "{tag}");
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
        let answer = server.ask("GET", "/sessions", &[&format!("If-None-Match: {known}")]);
        assert_eq!((answer.status, &*answer.body, answer.header("etag")), (304, "", &*tag));
        assert_ne!(answer.header("stream-next-offset"), "");
    }
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    server.until("s", "ended ended");
    let answer = server.ask("GET", "/sessions", &[&format!("If-None-Match: {tag}")]);
    assert_eq!(answer.status, 200);
    assert_ne!(answer.header("etag"), tag);
}

#[test]
fn head_tells_where_the_stream_ends_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let head = server.ask("HEAD", "/sessions", &[]);
    let get = server.get("/sessions");
    assert_eq!((head.status, &*head.body), (200, ""));
    for name in ["content-type", "stream-next-offset", "cache-control"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!((head.header("cache-control"), head.header("content-length")), ("no-store", ""));
    // It does not wait, nor follow.
    assert_eq!(server.ask("HEAD", "/sessions?offset=now&live=sse", &[]).status, 200);
}

#[test]
fn a_long_poll_is_answered_when_something_happens() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let at_once = server.get("/sessions?offset=-1&live=long-poll");
    assert_eq!(said(&at_once.messages()), ["insert s waiting"]);
    let cursor: u64 = at_once.header("stream-cursor").parse().unwrap();
    for offset in [at_once.header("stream-next-offset"), "now"] {
        let path = &format!("/sessions?offset={offset}&live=long-poll&cursor={cursor}");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| server.get(path));
            std::thread::sleep(Duration::from_millis(100));
            assert!(!waiting.is_finished(), "there is nothing yet");
            // To who asks from now on, only what happens after the question has come is news.
            for event in ["UserPromptSubmit", "Stop"].iter().cycle() {
                sandbox.run_hook("s", event, "").assert_success();
                std::thread::sleep(Duration::from_millis(100));
                if waiting.is_finished() || offset != "now" {
                    break;
                }
            }
            let answer = waiting.join().unwrap();
            let told = said(&answer.messages());
            assert!(told == ["update s working"] || offset == "now" && told == ["update s waiting"], "{told:?}");
            assert!(answer.header("stream-cursor").parse::<u64>().unwrap() > cursor, "never the client's own");
            assert_eq!(answer.header("stream-up-to-date"), "true");
        });
    }
}

#[test]
fn who_waits_in_vain_is_told_where_the_stream_ends() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    // After half a minute, or as here because the server ends.
    let ask = |method, rest| format!("{method} /sessions?offset={tail}{rest} HTTP/1.1\r\nHost: localhost\r\n");
    let mut stream = server.connect();
    // Two questions at once: where the first is answered, the second has come, too.
    let (first, second) = (ask("HEAD", ""), ask("GET", "&live=long-poll"));
    write!(stream, "{first}\r\n{second}Connection: close\r\n\r\n").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    server.signal("-TERM");
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let answer = parse(&text);
    assert_eq!((answer.status, &*answer.body, answer.header("stream-next-offset")), (204, "", &*tail));
    assert_eq!(answer.header("stream-up-to-date"), "true");
    assert_ne!(answer.header("stream-cursor"), "");
}

#[test]
fn server_sent_events_tell_all_and_go_on_where_they_were() {
    let sandbox = Sandbox::new();
    for session in ["s", "t"] {
        sandbox.run_hook(session, "UserPromptSubmit", r#""prompt":"two\nlines\r\nand more""#).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut events = server.follow("-1");
    assert!(events.head.contains("content-type: text/event-stream\r\n"), "{}", events.head);
    let (messages, first) = events.batch();
    assert_eq!(said(&messages), ["insert s working", "insert t working"]);
    assert_eq!(messages[0]["value"]["prompt"], "two\nlines\r\nand more");
    sandbox.run_hook("s", "Stop", "").assert_success();
    let (messages, second) = events.batch();
    assert_eq!(said(&messages), ["update s waiting"]);
    assert!(second > first);
    drop(events);
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.until("t", "waiting stop");
    assert_eq!(said(&server.follow(&first).batch().0), ["update s waiting", "update t waiting"]);
    assert_eq!(said(&server.follow(&second).batch().0), ["update t waiting"]);
}

#[test]
fn a_question_that_makes_no_sense_is_refused_in_a_sentence() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let tail = server.get("/sessions").header("stream-next-offset").to_owned();
    for (path, status, why) in [
        ("/sessions?offset=", 400, "offset is none of this stream\n"),
        ("/sessions?offset=7", 400, "offset is none of this stream\n"),
        ("/sessions?offset=-2", 400, "offset is none of this stream\n"),
        ("/sessions?offset=NOW", 400, "offset is none of this stream\n"),
        ("/sessions?offset=+000000000000001_0000000000000000", 400, "offset is none of this stream\n"),
        (&*format!("/sessions?offset={}", tail.to_uppercase() + "0"), 400, "offset is none of this stream\n"),
        ("/sessions?live=sse", 400, "live needs an offset\n"),
        ("/sessions?live=long-poll", 400, "live needs an offset\n"),
        ("/sessions?offset=-1&live=yes", 400, "live is long-poll or sse\n"),
        ("/sessions?offset=-1&offset=now", 400, "a parameter is given twice\n"),
        ("/sessions/", 404, "there is / and /sessions\n"),
        ("/..%2f..%2fetc/passwd", 404, "there is / and /sessions\n"),
        ("/sessions/s", 404, "there is / and /sessions\n"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, &*answer.body), (status, why), "{path}");
    }
}

#[test]
fn an_offset_of_another_run_is_answered_with_all_that_is_true() {
    let sandbox = Sandbox::new();
    for session in ["s", "t", "u"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    let port = free_port();
    let server = Server::start_at(&sandbox, port);
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    let (run, position) = offset.split_once('_').unwrap();
    // While nobody serves, one changes and one goes.
    drop(server);
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    fs_err::remove_file(sandbox.signal_path("t", "stop")).unwrap();
    let server = Server::start_at(&sandbox, port);
    let next = server.get("/sessions").header("stream-next-offset").to_owned();
    assert!(*next > *offset);
    // So are one that this run has not reached, and one of a run that is yet to come: a refusal ends a client for good.
    let own = next.split_once('_').unwrap().0;
    let later = format!("{:016x}_{position}", u64::from_str_radix(run, 16).unwrap() + (1 << 60));
    for offset in [offset, later, format!("{own}_00000000000000ff")] {
        for live in ["", "&live=long-poll"] {
            let answer = server.get(&format!("/sessions?offset={offset}{live}"));
            let mut told = said(&answer.messages());
            told.sort();
            assert_eq!(told, ["delete t -", "upsert s working", "upsert u waiting"], "{offset}{live}");
            assert_eq!(answer.header("stream-next-offset"), next);
        }
        let mut events = server.follow(&offset);
        let (messages, last) = events.batch();
        assert_eq!((messages.len(), &last), (3, &next));
        // And then it goes on.
        drop(events);
        let answer = server.get(&format!("/sessions?offset={last}"));
        assert_eq!((&*answer.body, answer.header("stream-next-offset")), ("[]", &*next));
    }
    let mut events = server.follow(&next);
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert_eq!(events.batch().0, Vec::<Value>::new());
    assert_eq!(said(&events.batch().0), ["update s waiting"]);
}

#[test]
fn server_sent_events_are_kept_by_nobody_and_have_no_blank_before_what_they_say() {
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

#[test]
fn what_time_alone_changes_makes_no_updates() {
    let sandbox = Sandbox::new();
    // The clock stepped back, so that "last heard of" is now at every look; and a session that nothing tells of.
    sandbox.run_hook("s", "Stop", "").assert_success();
    let touched =
        std::process::Command::new("touch").args(["-d", "+1 day"]).arg(sandbox.signal_path("s", "stop")).status();
    assert!(touched.unwrap().success());
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    let life = ClaudeProcess::start(&sandbox);
    let pid = life.pid();
    let account = format!(r#"{{"pid":{pid},"sessionId":"t","status":"odd","statusUpdatedAt":1}}"#);
    fs_err::write(registry.join(format!("{pid}.json")), account).unwrap();
    let server = Server::start(&sandbox);
    server.until("t", "waiting unknown");
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    // Three looks later.
    std::thread::sleep(Duration::from_millis(3200));
    let answer = server.get(&format!("/sessions?offset={offset}"));
    assert_eq!((&*answer.body, answer.header("stream-next-offset")), ("[]", &*offset));
}
