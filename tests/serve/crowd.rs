//! Clients that are many, slow, or say too much cost themselves and nobody else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::server::{Server, within};
use crate::sandbox::Sandbox;

#[test]
fn a_thousand_idle_connections_and_slow_readers_starve_nobody() {
    let sandbox = Sandbox::new();
    // Enough that it fits into no socket's buffer.
    let prompt = format!(r#""prompt":"{}""#, "x".repeat(4 << 20));
    for session in ["a", "b", "c"] {
        sandbox.run_hook(session, "UserPromptSubmit", &prompt).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut follower = server.follow("now");
    follower.next().unwrap();
    let slow = |_| {
        let mut stream = server.connect();
        stream.write_all(b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        stream
    };
    let slow: Vec<TcpStream> = (0..20).map(slow).collect();
    let idle: Vec<TcpStream> = (0..1000).filter_map(|_| TcpStream::connect(("127.0.0.1", server.port)).ok()).collect();
    assert!(idle.len() > 900, "{}", idle.len());
    // Who asks is answered, and who follows is told, or comes again and is told.
    let before = std::time::Instant::now();
    assert_eq!(server.ask("HEAD", "/sessions", &[]).status, 200);
    sandbox.run_hook("d", "Stop", "").assert_success();
    assert!(within(|| server.get("/sessions?offset=now").status == 200));
    let mut follower = server.follow("now");
    follower.next().unwrap();
    sandbox.run_hook("d", "SessionEnd", "").assert_success();
    // What came before may not have been read when this one began to follow.
    while follower.batch().0.iter().all(|message| message["value"]["state"] != "ended") {}
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    drop((slow, idle));
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_prompt_is_held_once_however_many_take_it_slowly() {
    let sandbox = Sandbox::new();
    let prompt = |c: &str| format!(r#""prompt":"{}""#, c.repeat(16 << 20));
    sandbox.run_hook("s", "UserPromptSubmit", &prompt("x")).assert_success();
    let server = Server::start(&sandbox);
    server.until("s", "working working");
    let before = server.resident();
    let ask = |path: &str| {
        let mut stream = server.connect();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut begin = [0; 4096];
        stream.read_exact(&mut begin).unwrap();
        stream
    };
    let paths = ["/sessions", "/sessions?offset=-1&live=sse", "/sessions?offset=-1&live=long-poll"];
    let slow: Vec<_> = (0..100).map(|number| ask(paths[number % 3])).collect();
    let held = server.resident().saturating_sub(before);
    // A copy each would be 1,600 MiB. One is held; what it was made of, and what was freed, may stay with the process.
    assert!(held < 128 << 10, "100 readers of 16 MiB take {held} KiB");
    // They get it whole, also after it was overtaken.
    sandbox.run_hook("s", "UserPromptSubmit", &prompt("y")).assert_success();
    let mut follower = server.follow("-1");
    while follower.batch().0.iter().all(|message| !message["value"]["prompt"].as_str().unwrap().starts_with('y')) {}
    for mut stream in slow.into_iter().take(6) {
        let (mut count, mut buffer) = (4096, vec![0; 1 << 20]);
        while count < 16 << 20 {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0 && !buffer[..read].contains(&b'y') || count + read >= 16 << 20, "{count}");
            count += read;
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn very_many_sessions_are_held_once_however_many_take_them_slowly() {
    const SESSIONS: usize = 10_000;
    let sandbox = Sandbox::new();
    super::faults::fill(&sandbox, SESSIONS);
    let server = Server::start(&sandbox);
    let all = server.get("/sessions");
    assert_eq!(all.messages().len(), SESSIONS);
    let since = format!("/sessions?offset={}", all.header("stream-next-offset"));
    let before = server.resident();
    let ask = |path: &str| {
        let mut stream = server.connect();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
        let mut begin = vec![0; 4096];
        stream.read_exact(&mut begin).unwrap();
        (stream, begin)
    };
    let paths = ["/sessions", "/sessions?offset=-1&live=sse", "/sessions?offset=-1&live=long-poll"];
    let slow: Vec<_> = (0..200).map(|number| ask(paths[number % 3])).collect();
    let held = server.resident().saturating_sub(before);
    assert!(held < 48 << 10, "200 readers of {SESSIONS} sessions take {held} KiB");
    // They are told of each, as it was when they asked, whatever has come of it since.
    for number in 0..20 {
        let id = format!("0cc11bc4-3864-478d-bc8b-{:012}", SESSIONS - 1 - number);
        sandbox.run_hook(&id, "Stop", "").assert_success();
    }
    assert!(within(|| server.get(&since).messages().len() == 20));
    for (mut stream, mut text) in slow.into_iter().take(3) {
        let mut buffer = vec![0; 1 << 20];
        let is_whole = |text: &[u8]| text.ends_with(b"\n]") || text.windows(7).any(|end| end == b"\ndata:]");
        while !is_whole(&text[text.len().saturating_sub(2 << 20)..]) {
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "{} bytes, then the end", text.len());
            text.extend(&buffer[..read]);
        }
        let text = String::from_utf8(text).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let (first, _) = body.split_once("event: control").unwrap_or((body, ""));
        let lines = first.lines().filter(|line| *line != "event: data");
        let array: String = lines.map(|line| line.strip_prefix("data:").unwrap_or(line)).collect();
        let told: Vec<Value> = serde_json::from_str(&array).unwrap();
        assert_eq!(told.len(), SESSIONS);
        let is_as_it_was = |one: &Value| one["value"]["state"] == "ended" && one["headers"]["operation"] == "insert";
        assert!(told.iter().all(is_as_it_was));
    }
}

#[test]
fn who_does_not_say_what_they_want_is_let_go() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    for said in ["", "GET /sessions HTTP/1.1\r\nHost: local", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let mut stream = server.connect();
        stream.write_all(said.as_bytes()).unwrap();
        // Its end comes, and not from us.
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
    }
}

#[test]
fn heads_have_a_limit() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    assert_eq!(server.ask("GET", "/sessions", &[&format!("X: {}", "x".repeat(4000))]).status, 200);
    for large in [format!("X: {}", "x".repeat(64 << 10)), vec!["X: x"; 200].join("\r\n")] {
        assert_eq!(server.ask("GET", "/sessions", &[&large]).status, 431);
    }
    let long = server.get(&format!("/{}", "x".repeat(64 << 10))).status;
    assert!(matches!(long, 414 | 431), "{long}");
    for nonsense in ["\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n"] {
        assert!(matches!(server.raw(nonsense).status, 400 | 0), "{nonsense:?}");
    }
    assert_eq!(server.get("/sessions").status, 200);
}
