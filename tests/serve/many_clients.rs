//! Clients that are very many, slow, or send too much do not affect other clients.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
#[cfg(target_os = "linux")]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(target_os = "linux")]
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use serde_json::Value;

use super::server::{Server, becomes_true};
use crate::sandbox::Sandbox;

#[test]
fn a_thousand_idle_connections_and_slow_clients_keep_nobody_out() {
    let sandbox = Sandbox::new();
    // More than the buffer of a socket holds.
    let prompt = format!(r#""prompt":"{}""#, "x".repeat(4 << 20));
    for session in ["a", "b", "c"] {
        sandbox.run_hook(session, "UserPromptSubmit", &prompt).assert_success();
    }
    let server = Server::start(&sandbox);
    let mut follower = server.follow("now");
    follower.next_event().unwrap();
    let slow = |_| {
        let mut stream = server.connect();
        stream.write_all(b"GET /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        stream
    };
    let slow: Vec<TcpStream> = (0..20).map(slow).collect();
    let idle: Vec<TcpStream> = (0..1000).filter_map(|_| TcpStream::connect(("127.0.0.1", server.port)).ok()).collect();
    assert!(idle.len() > 900, "{}", idle.len());
    // A request is answered, and a client that follows gets the change, perhaps on a new connection.
    let start = std::time::Instant::now();
    assert_eq!(server.request("HEAD", "/sessions", &[]).status, 200);
    sandbox.run_hook("d", "Stop", "").assert_success();
    assert!(becomes_true(|| server.get("/sessions?offset=now").status == 200));
    let mut follower = server.follow("now");
    follower.next_event().unwrap();
    sandbox.run_hook("d", "SessionEnd", "").assert_success();
    // The server may not have read the change before when this client started to follow.
    while follower.next_batch().0.iter().all(|message| message["value"]["state"] != "ended") {}
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    drop((slow, idle));
}

/// The three ways to read all sessions.
#[cfg(target_os = "linux")]
const READS: [&str; 3] = ["/sessions", "/sessions?offset=-1&live=sse", "/sessions?offset=-1&live=long-poll"];

/// The number of bytes that a slow client reads at first.
#[cfg(target_os = "linux")]
const BEGINNING: usize = 4096;

/// Starts a slow read. Returns the connection, and the beginning of the answer.
#[cfg(target_os = "linux")]
fn start_read(server: &Server, path: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = server.connect();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut beginning = vec![0; BEGINNING];
    stream.read_exact(&mut beginning).unwrap();
    (stream, beginning)
}

#[test]
#[cfg(target_os = "linux")]
fn a_large_prompt_is_in_memory_once_however_many_clients_read_it_slowly() {
    let sandbox = Sandbox::new();
    let prompt = |c: &str| format!(r#""prompt":"{}""#, c.repeat(16 << 20));
    sandbox.run_hook("s", "UserPromptSubmit", &prompt("x")).assert_success();
    let server = Server::start(&sandbox);
    server.wait_for_state("s", "working working");
    let before = server.allocated_kib();
    let mut slow: Vec<_> = (0..100).map(|number| start_read(&server, READS[number % 3]).0).collect();
    let used = server.allocated_kib().saturating_sub(before);
    // A copy for each client would be 1,600 MiB. There is one copy, and the process may not have returned all freed memory.
    assert!(used < 128 << 10, "100 readers of 16 MiB take {used} KiB");
    // The clients get the whole prompt, also after it was superseded.
    let is_superseded = AtomicBool::new(false);
    thread::scope(|scope| {
        for stream in slow.split_off(97) {
            scope.spawn(|| read_slowly_until(stream, &is_superseded));
        }
        sandbox.run_hook("s", "UserPromptSubmit", &prompt("y")).assert_success();
        let mut follower = server.follow("-1");
        let is_new = |message: &Value| message["value"]["prompt"].as_str().unwrap().starts_with('y');
        while !follower.next_batch().0.iter().any(is_new) {}
        is_superseded.store(true, Ordering::Relaxed);
    });
}

/// Reads the rest of a prompt of 16 MiB: a little at a time until the prompt was superseded, because the server disconnects a client that
/// reads nothing for 30 s.
#[cfg(target_os = "linux")]
fn read_slowly_until(mut stream: TcpStream, is_superseded: &AtomicBool) {
    let (mut count, mut buffer) = (BEGINNING, vec![0; 1 << 20]);
    while count < 16 << 20 {
        let is_slow = !is_superseded.load(Ordering::Relaxed);
        if is_slow {
            thread::sleep(Duration::from_secs(1));
        }
        let part = if is_slow { &mut buffer[..100 << 10] } else { &mut buffer[..] };
        let read = stream.read(part).unwrap();
        assert!(read > 0, "the server disconnected after {count} bytes");
        assert!(!part[..read].contains(&b'y') || count + read >= 16 << 20, "{count}");
        count += read;
    }
}

#[test]
#[cfg(target_os = "linux")]
fn very_many_sessions_are_in_memory_once_however_many_clients_read_them_slowly() {
    const SESSIONS: usize = 10_000;
    let sandbox = Sandbox::new();
    super::disk::write_ended_sessions(&sandbox, SESSIONS);
    let server = Server::start(&sandbox);
    let all = server.get("/sessions");
    assert_eq!(all.messages().len(), SESSIONS);
    let since = format!("/sessions?offset={}", all.header("stream-next-offset"));
    let before = server.allocated_kib();
    let slow: Vec<_> = (0..200).map(|number| start_read(&server, READS[number % 3])).collect();
    let used = server.allocated_kib().saturating_sub(before);
    assert!(used < 48 << 10, "200 readers of {SESSIONS} sessions take {used} KiB");
    // The clients get each session as it was when they sent the request.
    for number in 0..20 {
        let id = format!("0cc11bc4-3864-478d-bc8b-{:012}", SESSIONS - 1 - number);
        sandbox.run_hook(&id, "Stop", "").assert_success();
    }
    assert!(becomes_true(|| server.get(&since).messages().len() == 20));
    for (mut stream, mut text) in slow.into_iter().rev().take(3) {
        let mut buffer = vec![0; 1 << 20];
        let is_whole = |text: &[u8]| text.ends_with(b"\n]") || text.windows(7).any(|end| end == b"\ndata:]");
        // Only what is new is searched, and the six bytes before it.
        let mut searched = 0;
        while !is_whole(&text[searched..]) {
            searched = text.len().saturating_sub(6);
            let read = stream.read(&mut buffer).unwrap();
            assert!(read > 0, "{} bytes, then the end", text.len());
            text.extend(&buffer[..read]);
        }
        let text = String::from_utf8(text).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let (first, _) = body.split_once("event: control").unwrap_or((body, ""));
        let lines = first.lines().filter(|line| *line != "event: data");
        let array: String = lines.map(|line| line.strip_prefix("data:").unwrap_or(line)).collect();
        let messages: Vec<Value> = serde_json::from_str(&array).unwrap();
        assert_eq!(messages.len(), SESSIONS);
        let is_as_before = |one: &Value| one["value"]["state"] == "ended" && one["headers"]["operation"] == "insert";
        assert!(messages.iter().all(is_as_before));
    }
}

#[test]
fn a_client_that_sends_no_request_is_disconnected() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let sent = ["", "GET /sessions HTTP/1.1\r\nHost: local", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"];
    let mut clients = sent.map(|_| server.connect());
    for (client, sent) in clients.iter_mut().zip(sent) {
        client.write_all(sent.as_bytes()).unwrap();
    }
    // The server ends each connection.
    for client in &mut clients {
        client.read_to_end(&mut Vec::new()).unwrap();
    }
}

#[test]
fn the_head_of_a_request_has_a_limit() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    assert_eq!(server.request("GET", "/sessions", &[&format!("X: {}", "x".repeat(4000))]).status, 200);
    for large in [format!("X: {}", "x".repeat(64 << 10)), vec!["X: x"; 200].join("\r\n")] {
        assert_eq!(server.request("GET", "/sessions", &[&large]).status, 431);
    }
    let long = server.get(&format!("/{}", "x".repeat(64 << 10))).status;
    assert!(matches!(long, 414 | 431), "{long}");
    for nonsense in ["\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\r\n\r\n"] {
        assert!(matches!(server.send_raw(nonsense).status, 400 | 0), "{nonsense:?}");
    }
    assert_eq!(server.get("/sessions").status, 200);
}

/// The HTTP clients of Node.js send a request on a connection that has been idle for up to five seconds.
#[test]
fn a_connection_that_is_idle_for_six_seconds_is_not_closed() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let mut client = server.connect();
    let mut request_status = || {
        client.write_all(b"HEAD /sessions HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut answer = [0; 4096];
        let len = client.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..len]).split(' ').nth(1).map(str::to_owned)
    };
    assert_eq!(request_status().as_deref(), Some("200"));
    std::thread::sleep(Duration::from_secs(6));
    assert_eq!(request_status().as_deref(), Some("200"));
}
