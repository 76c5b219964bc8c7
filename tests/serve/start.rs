//! What is true when it starts is in the first answer.

use super::server::{Server, command, free_port};
use crate::sandbox::{ClaudeProcess, Sandbox};

#[test]
fn what_happened_while_no_daemon_ran_is_in_the_first_answer() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    for session in ["ended", "killed", "works", "asks"] {
        life.run_hook(session, "UserPromptSubmit", "").assert_success();
    }
    drop(Server::start(&sandbox));
    // Nobody watches.
    sandbox.run_hook("ended", "SessionEnd", "").assert_success();
    sandbox
        .run_hook("asks", "PermissionRequest", r#""tool_name":"Bash","tool_input":{"command":"ls"}"#)
        .assert_success();
    sandbox.run_hook("works", "UserPromptSubmit", "").assert_success();
    drop(life);
    let server = Server::start(&sandbox);
    let told: Vec<_> = server
        .sessions()
        .iter()
        .map(|value| format!("{} {}", value["sessionId"], value["status"]).replace('"', ""))
        .collect();
    assert_eq!(told, ["asks waiting", "ended idle", "killed idle", "works working"]);
}

#[test]
fn who_asks_before_it_is_ready_waits_for_the_truth() {
    let sandbox = Sandbox::new();
    for number in 0..20 {
        sandbox.run_hook(&format!("s{number}"), "SessionEnd", "").assert_success();
    }
    let port = free_port();
    let asking = std::thread::spawn(move || {
        // From before the start on.
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
    let server = Server::start_at(&sandbox, port);
    assert_eq!(asking.join().unwrap(), 20);
    drop(server);
}

#[test]
fn a_home_where_claude_never_ran_is_no_hindrance() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    assert_eq!(server.get("/sessions").body, "[]");
    // The directory above comes late, too: it is looked for once a second.
    sandbox.run_hook("s", "Stop", "").assert_success();
    server.until("s", "waiting stop");
    let mut homeless = command(&sandbox, 0);
    let output = homeless.env_remove("HOME").output().unwrap();
    assert_eq!(output.stderr, b"sessions: neither CLAUDE_CONFIG_DIR nor HOME is set\n");
}
