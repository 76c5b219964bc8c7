//! The first answer after the start is true.

use super::server::{Server, free_port, serve_command};
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox};

#[test]
fn the_first_answer_has_what_happened_while_no_server_ran() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    for session in ["ended", "killed", "works", "asks"] {
        cli.run_hook(session, "UserPromptSubmit", "").assert_success();
    }
    drop(Server::start(&sandbox));
    // No server runs now.
    sandbox.run_hook("ended", "SessionEnd", "").assert_success();
    sandbox.run_hook("asks", "PermissionRequest", BASH).assert_success();
    sandbox.run_hook("works", "UserPromptSubmit", "").assert_success();
    drop(cli);
    let server = Server::start(&sandbox);
    let statuses: Vec<_> = server
        .sessions()
        .iter()
        .map(|value| format!("{} {}", value["sessionId"], value["status"]).replace('"', ""))
        .collect();
    assert_eq!(statuses, ["asks waiting", "ended idle", "killed idle", "works working"]);
}

#[test]
fn a_request_before_the_server_is_ready_waits_for_the_true_answer() {
    let sandbox = Sandbox::new();
    for number in 0..20 {
        sandbox.run_hook(&format!("s{number}"), "SessionEnd", "").assert_success();
    }
    let port = free_port();
    let client = std::thread::spawn(move || {
        // It tries from before the start of the server.
        loop {
            if let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) {
                use std::io::{Read as _, Write as _};
                stream.write_all(b"GET /sessions HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                return answer.matches("\"state\":\"ended\"").count();
            }
        }
    });
    let server = Server::start_on_port(&sandbox, port);
    assert_eq!(client.join().unwrap(), 20);
    drop(server);
}

#[test]
fn the_server_starts_where_claude_never_ran() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    assert_eq!(server.get("/sessions").body, "[]");
    // The configuration directory is made later. The server looks for it once a second.
    sandbox.run_hook("s", "Stop", "").assert_success();
    server.wait_for_state("s", "waiting stop");
    let mut without_home = serve_command(&sandbox, 0);
    let output = without_home.env_remove("HOME").output().unwrap();
    assert_eq!(output.stderr, b"sessions: neither CLAUDE_CONFIG_DIR nor HOME is set\n");
}
