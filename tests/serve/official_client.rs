//! The official client of the Durable Streams protocol, over reconnects, restarts and very many changes.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::disk::listed_sessions;
use super::node_process::NodeProcess;
use super::server::{Server, becomes_true, free_port};
use crate::sandbox::Sandbox;
use session_signals_testing::node::{node, packages};

/// Starts a script with the client's packages of this folder. The client follows the stream in one of its live modes.
fn start_client(folder: &Path, script: &str, url: &str, mode: &str) -> NodeProcess {
    let mut node = node(folder, script);
    node.args([url, mode]);
    NodeProcess::start(node)
}

/// The packages of the client and of its state, in the versions that session dashboards use.
const VERSIONS: [(&str, [&str; 2]); 2] = [
    ("durable-streams-0.1", ["@durable-streams/client@0.1.5", "@durable-streams/state@0.1.5"]),
    ("durable-streams", ["@durable-streams/client@0.2.7", "@durable-streams/state@0.3.1"]),
];

const SESSIONS: usize = 50;
const UPDATES: usize = 10_000;

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_client_misses_no_event_and_gets_none_twice() {
    let [old, new] = VERSIONS.map(|(folder, names)| packages(folder, &names, &[]));
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let port = free_port();
    let mut server = Server::start_on_port(&sandbox, port);
    let url = format!("http://127.0.0.1:{port}/sessions");
    let clients = [(&new, "sse"), (&new, "long-poll"), (&old, "sse"), (&old, "long-poll")];
    let clients = clients.map(|(folder, mode)| start_client(folder, "client.mjs", &url, mode));
    for number in 0..UPDATES {
        let session = format!("s{}", number % SESSIONS);
        // Each prompt has a larger number than the one before. Sometimes a session is deleted, and later made again.
        let (kind, other_kind) = [("working", "stop"), ("stop", "working")][number / SESSIONS % 2];
        let temporary = sandbox.signal_dir().join(".temporary");
        fs_err::write(&temporary, format!(r#"{{"prompt":"{number}","last_assistant_message":"{number}"}}"#)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal_path(&session, kind));
        fs_err::rename(temporary, sandbox.signal_path(&session, kind)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal_path(&session, other_kind));
        if number % 997 == 0 {
            let _ = fs_err::remove_file(sandbox.signal_path(&session, kind));
        }
        if number % 3334 == 3333 {
            drop(server);
            std::thread::sleep(Duration::from_millis(100));
            server = Server::start_on_port(&sandbox, port);
        }
        // Slowly enough that the clients see the changes one after the other.
        std::thread::sleep(Duration::from_micros(300));
    }
    let expected = listed_sessions(&sandbox);
    assert!(becomes_true(|| server.sessions() == expected));
    for mut client in clients {
        let mut known = client.send_order("done");
        let mut sessions = known["sessions"].take().as_array().unwrap().clone();
        sessions.sort_by_key(|session| session["sessionId"].to_string());
        println!("{known}");
        assert!(sessions == expected, "{} sessions, not {}", sessions.len(), expected.len());
        let count = |name: &str| known[name].as_u64().unwrap();
        assert_eq!((count("doubled"), count("unexpected"), count("refused")), (0, 0, 0), "{known}");
        // The client got many events, disconnected often, and was told everything again after the restarts.
        assert!(count("events") > 500 && count("connections") > 5 && count("upserts") > 0, "{known}");
    }
}

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_client_continues_after_a_restart() {
    for (folder, names) in VERSIONS {
        let folder = packages(folder, &names, &[]);
        for mode in ["sse", "long-poll"] {
            let sandbox = Sandbox::new();
            for session in ["changes", "goes", "stays"] {
                sandbox.run_hook(session, "Stop", "").assert_success();
            }
            let port = free_port();
            let mut server = Server::start_on_port(&sandbox, port);
            let url = format!("http://127.0.0.1:{port}/sessions");
            let mut client = start_client(&folder, "restart.mjs", &url, mode);
            let mut assert_knows = |sessions: &Value| {
                let mut known = Value::Null;
                let is_answered = becomes_true(|| {
                    known = client.send_order("");
                    known["sessions"] == *sessions || known["end"] != Value::Null
                });
                assert!(
                    is_answered && known["end"] == Value::Null && known["sessions"] == *sessions,
                    "{names:?} {mode}: {known}"
                );
            };
            assert_knows(&json!({"changes": "waiting", "goes": "waiting", "stays": "waiting"}));
            // Sessions change while no server runs.
            server.send_signal("-TERM");
            assert_eq!(server.wait(), Some(0));
            sandbox.run_hook("changes", "UserPromptSubmit", "").assert_success();
            sandbox.run_hook("comes", "Stop", "").assert_success();
            fs_err::remove_file(sandbox.signal_path("goes", "stop")).unwrap();
            std::thread::sleep(Duration::from_millis(500));
            server = Server::start_on_port(&sandbox, port);
            assert_knows(&json!({"changes": "working", "comes": "waiting", "stays": "waiting"}));
            // The server restarts at once, and the client gets the changes after that. Version 0.1.5 gives up after three
            // connections of less than a second each, whoever ends them.
            for round in 0..2 {
                std::thread::sleep(Duration::from_millis(1200));
                server.send_signal("-TERM");
                assert_eq!(server.wait(), Some(0));
                server = Server::start_on_port(&sandbox, port);
                let (event, state) = [("Stop", "waiting"), ("UserPromptSubmit", "working")][round];
                sandbox.run_hook("changes", event, "").assert_success();
                assert_knows(&json!({"changes": state, "comes": "waiting", "stays": "waiting"}));
            }
            drop(server);
        }
    }
}
