//! A port that somebody has.

use std::net::TcpListener;

use super::server::{Server, command, command_of, free_port};
use crate::sandbox::{Sandbox, copy_executable, executable_path};

/// What it says of a port that this process has. Elsewhere than on Linux it does not know who that is.
fn taken(port: u16, holder: &str, pid: u32) -> String {
    let by = if cfg!(target_os = "linux") { format!(" by `{holder}` (PID {pid})") } else { String::new() };
    format!("sessions: port {port} is taken{by}; --port takes another\n")
}

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
    let name = fs_err::read_to_string("/proc/self/comm").unwrap_or_default();
    assert_eq!(told(&sandbox, port), taken(port, name.trim(), pid));
}

#[test]
fn a_name_that_a_terminal_would_obey_is_shown_without_that() {
    let sandbox = Sandbox::new();
    let odd = sandbox.home().join("\u{1b}[31mred\u{7}");
    copy_executable(&executable_path("sessions"), &odd);
    let server = Server::spawn(&sandbox, command_of(&odd, &sandbox, 0));
    assert_eq!(told(&sandbox, server.port), taken(server.port, "[31mred", server.pid()));
}

#[test]
fn a_port_that_is_taken_on_the_other_loopback_address_is_taken() {
    let sandbox = Sandbox::new();
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port();
    assert!(told(&sandbox, port).starts_with(&format!("sessions: port {port} is taken")));
}

#[test]
fn of_two_daemons_the_second_says_so() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let (port, pid) = (server.port, server.pid());
    if cfg!(target_os = "linux") {
        let already = format!("sessions: already serving at http://127.0.0.1:{port}/ (PID {pid})\n");
        assert_eq!(told(&sandbox, port), already);
    }
    // That of another home is another one.
    assert_eq!(told(&Sandbox::new(), port), taken(port, "sessions", pid));
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
