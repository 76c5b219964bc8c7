//! The official client of the Durable Streams protocol, over reconnects, restarts and very many changes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::faults::truth;
use super::server::{Server, free_port, within};
use crate::sandbox::Sandbox;
use session_signals_testing::node::{node, packages};

/// The client, in one of its live modes; killed at the end.
struct Client(Child);

impl Client {
    fn start(folder: &Path, script: &str, url: &str, mode: &str) -> Self {
        Self(node(folder, script).args([url, mode]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// What it knows in the end.
    fn finish(mut self) -> Value {
        self.0.stdin.take().unwrap().write_all(b"done\n").unwrap();
        let mut told = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        serde_json::from_str(&told).unwrap()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The client and what keeps the state, in the versions that the dashboards have.
const VERSIONS: [(&str, [&str; 2]); 2] = [
    ("durable-streams-0.1", ["@durable-streams/client@0.1.5", "@durable-streams/state@0.1.5"]),
    ("durable-streams", ["@durable-streams/client@0.2.7", "@durable-streams/state@0.3.1"]),
];

const SESSIONS: usize = 50;
const UPDATES: usize = 10_000;

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_client_loses_and_doubles_nothing() {
    let [old, new] = VERSIONS.map(|(folder, names)| packages(folder, &names));
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let port = free_port();
    let mut server = Server::start_at(&sandbox, port);
    let url = format!("http://127.0.0.1:{port}/sessions");
    let clients = [(&new, "sse"), (&new, "long-poll"), (&old, "sse"), (&old, "long-poll")];
    let clients = clients.map(|(folder, mode)| Client::start(folder, "client.mjs", &url, mode));
    for number in 0..UPDATES {
        let session = format!("s{}", number % SESSIONS);
        // A number that only grows, through each state; and now and then a session goes for good, and comes anew.
        let (kind, others) = [("working", "stop"), ("stop", "working")][number / SESSIONS % 2];
        let temporary = sandbox.signal_dir().join(".temporary");
        fs_err::write(&temporary, format!(r#"{{"prompt":"{number}","last_assistant_message":"{number}"}}"#)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal_path(&session, kind));
        fs_err::rename(temporary, sandbox.signal_path(&session, kind)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal_path(&session, others));
        if number % 997 == 0 {
            let _ = fs_err::remove_file(sandbox.signal_path(&session, kind));
        }
        if number % 3334 == 3333 {
            drop(server);
            std::thread::sleep(Duration::from_millis(100));
            server = Server::start_at(&sandbox, port);
        }
        // So that the clients see it as it goes.
        std::thread::sleep(Duration::from_micros(300));
    }
    let truth = truth(&sandbox);
    assert!(within(|| server.sessions() == truth));
    for client in clients {
        let mut known = client.finish();
        let mut sessions = known["sessions"].take().as_array().unwrap().clone();
        sessions.sort_by_key(|session| session["sessionId"].to_string());
        println!("{known}");
        assert!(sessions == truth, "{} sessions, not {}", sessions.len(), truth.len());
        let count = |name: &str| known[name].as_u64().unwrap();
        assert_eq!((count("doubled"), count("odd"), count("refused")), (0, 0, 0), "{known}");
        // It did see them come, broke off, and was told anew after the restarts.
        assert!(count("events") > 500 && count("connections") > 5 && count("told") > 0, "{known}");
    }
}

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_clients_outlive_the_server() {
    for (folder, names) in VERSIONS {
        let folder = packages(folder, &names);
        for mode in ["sse", "long-poll"] {
            let sandbox = Sandbox::new();
            for session in ["changes", "goes", "stays"] {
                sandbox.run_hook(session, "Stop", "").assert_success();
            }
            let port = free_port();
            let mut server = Server::start_at(&sandbox, port);
            let mut client = Client::start(&folder, "restart.mjs", &format!("http://127.0.0.1:{port}/sessions"), mode);
            let mut answers = BufReader::new(client.0.stdout.take().unwrap());
            let mut knows = |sessions: &Value| {
                let mut known = Value::Null;
                let is_so = within(|| {
                    client.0.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
                    let mut line = String::new();
                    answers.read_line(&mut line).unwrap();
                    known = serde_json::from_str(&line).unwrap_or_default();
                    known["sessions"] == *sessions || known["end"] != Value::Null
                });
                assert!(
                    is_so && known["end"] == Value::Null && known["sessions"] == *sessions,
                    "{names:?} {mode}: {known}"
                );
            };
            knows(&json!({"changes": "waiting", "goes": "waiting", "stays": "waiting"}));
            // Something happens while nobody serves.
            server.signal("-TERM");
            assert_eq!(server.wait(), Some(0));
            sandbox.run_hook("changes", "UserPromptSubmit", "").assert_success();
            sandbox.run_hook("comes", "Stop", "").assert_success();
            fs_err::remove_file(sandbox.signal_path("goes", "stop")).unwrap();
            std::thread::sleep(Duration::from_millis(500));
            server = Server::start_at(&sandbox, port);
            knows(&json!({"changes": "working", "comes": "waiting", "stays": "waiting"}));
            // Again, at once; and it hears what happens after that. Version 0.1.5 gives up after three connections of less
            // than a second each, whoever ends them.
            for round in 0..2 {
                std::thread::sleep(Duration::from_millis(1200));
                server.signal("-TERM");
                assert_eq!(server.wait(), Some(0));
                server = Server::start_at(&sandbox, port);
                let (event, state) = [("Stop", "waiting"), ("UserPromptSubmit", "working")][round];
                sandbox.run_hook("changes", event, "").assert_success();
                knows(&json!({"changes": state, "comes": "waiting", "stays": "waiting"}));
            }
            drop(server);
        }
    }
}
