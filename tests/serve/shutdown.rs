//! The end of the server.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::server::Server;
use crate::sandbox::Sandbox;

#[test]
fn a_signal_ends_the_server_at_once_although_clients_listen() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "Stop", "").assert_success();
        let server = Server::start(&sandbox);
        let mut followers: Vec<_> = (0..20).map(|_| server.follow("-1")).collect();
        let idle = server.connect();
        assert_eq!(followers[0].next_batch().0.len(), 1);
        let start = Instant::now();
        server.send_signal(signal);
        assert_eq!(server.wait(), Some(0), "{signal}");
        // It should take less than a second, but the machine may be busy. benches/serve.rs measures the time.
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        // The answer ends properly.
        assert!(followers[0].next_event().is_none());
        drop(idle);
    }
}

#[test]
fn a_client_that_is_told_of_the_end_cannot_connect_any_more() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    let mut follower = server.follow("-1");
    follower.next_batch();
    // On a connection that would accept further requests, the second request is sent before the first is answered.
    let mut stream = server.connect();
    let request = b"GET /sessions?offset=-1&live=sse HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(request).unwrap();
    stream.write_all(request).unwrap();
    let other = server.follow("-1");
    server.send_signal("-TERM");
    assert!(follower.next_event().is_none());
    let again = TcpStream::connect(("127.0.0.1", server.port));
    assert_eq!(again.map_err(|error| error.kind()).err(), Some(std::io::ErrorKind::ConnectionRefused));
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 1, "{text}");
    assert!(text.ends_with("\r\n0\r\n\r\n"), "the answer is cut off: {text}");
    drop(other);
    assert_eq!(server.wait(), Some(0));
}
