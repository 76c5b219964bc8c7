//! A port that another process has.

use std::net::TcpListener;

use super::server::{Server, free_port, serve_command, serve_command_of};
use crate::sandbox::{Sandbox, copy_executable, executable_path};

/// Whether the system tells which process has a port.
const KNOWS_OWNER: bool = cfg!(any(target_os = "linux", target_os = "macos"));

/// Returns the message for a port that this process has. Only on Linux and macOS it names the process.
fn taken_message(port: u16, owner: &str, pid: u32) -> String {
    let by = if KNOWS_OWNER { format!(" by `{owner}` (PID {pid})") } else { String::new() };
    format!("sessions: port {port} is taken{by}; choose another one with --port\n")
}

/// Returns the error of a server that cannot start.
fn start_error(sandbox: &Sandbox, port: u16) -> String {
    let output = serve_command(sandbox, port).output().unwrap();
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn the_process_that_has_the_port_is_named() {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, pid) = (listener.local_addr().unwrap().port(), std::process::id());
    let executable = std::env::current_exe().unwrap();
    let name: String = executable.file_name().unwrap().to_str().unwrap().chars().take(15).collect();
    assert_eq!(start_error(&sandbox, port), taken_message(port, &name, pid));
}

#[test]
fn the_name_of_the_process_is_made_harmless_for_a_terminal() {
    let sandbox = Sandbox::new();
    let copy = sandbox.home().join("\u{1b}[31mred\u{7}");
    copy_executable(&executable_path("sessions"), &copy);
    let server = Server::spawn(&sandbox, serve_command_of(&copy, &sandbox, 0));
    assert_eq!(start_error(&sandbox, server.port), taken_message(server.port, "[31mred", server.pid()));
}

#[test]
fn a_port_that_is_taken_on_ipv6_only_is_taken() {
    let sandbox = Sandbox::new();
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let port = listener.local_addr().unwrap().port();
    assert!(start_error(&sandbox, port).starts_with(&format!("sessions: port {port} is taken")));
}

#[test]
fn a_second_server_says_that_one_is_running() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    let (port, pid) = (server.port, server.pid());
    if KNOWS_OWNER {
        let already = format!("sessions: already serving at http://127.0.0.1:{port}/ (PID {pid})\n");
        assert_eq!(start_error(&sandbox, port), already);
    }
    // A server with another configuration directory is another program.
    assert_eq!(start_error(&Sandbox::new(), port), taken_message(port, "sessions", pid));
    assert_eq!(server.get("/sessions").status, 200);
}

#[test]
fn a_port_is_free_again_as_soon_as_its_server_ended() {
    let sandbox = Sandbox::new();
    let port = free_port();
    let server = Server::start_on_port(&sandbox, port);
    let follower = server.follow("-1");
    server.send_signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    // Connections of the last server still exist.
    Server::start_on_port(&sandbox, port);
    drop(follower);
}
