//! A port that somebody has.

use std::net::TcpListener;

use super::server::{Server, command, free_port};
use crate::sandbox::Sandbox;

/// What it says where it cannot serve.
fn told(sandbox: &Sandbox, port: u16) -> String {
    let output = command(sandbox, port).output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn who_has_the_port_is_named() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, pid) = (listener.local_addr().unwrap().port(), std::process::id());
    let name = fs_err::read_to_string("/proc/self/comm").unwrap();
    assert_eq!(
        told(&sandbox, port),
        format!("sessions: port {port} is taken by `{}` (PID {pid}); --port takes another\n", name.trim())
    );
}

#[test]
fn a_port_that_is_taken_on_the_other_loopback_address_is_taken() {
    let sandbox = Sandbox::new();
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port();
    assert!(told(&sandbox, port).starts_with(&format!("sessions: port {port} is taken by ")));
}

#[test]
fn of_two_daemons_the_second_says_so() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let (port, pid) = (server.port, server.pid());
    assert_eq!(told(&sandbox, port), format!("sessions: already serving at http://127.0.0.1:{port}/ (PID {pid})\n"));
    // That of another home is another one.
    assert_eq!(
        told(&Sandbox::new(), port),
        format!("sessions: port {port} is taken by `sessions` (PID {pid}); --port takes another\n")
    );
    assert_eq!(server.get("/sessions").status, 200);
}

#[test]
fn a_port_is_free_again_as_soon_as_its_server_ended() {
    let sandbox = Sandbox::new();
    let port = free_port();
    let server = Server::start_at(&sandbox, port);
    let follower = server.follow("-1");
    server.signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    // Connections of the last one linger.
    Server::start_at(&sandbox, port);
    drop(follower);
}
