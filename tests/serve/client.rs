//! The official client of the Durable Streams protocol, over reconnects, restarts and very many changes.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::faults::truth;
use super::node::{node, packages};
use super::server::{Server, free_port, within};
use crate::sandbox::Sandbox;

/// The client, in one of its live modes; killed at the end.
struct Client(Child);

impl Client {
    fn start(folder: &Path, url: &str, mode: &str) -> Self {
        Self(node(folder, "client.mjs").args([url, mode]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
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

const SESSIONS: usize = 50;
const UPDATES: usize = 10_000;

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_client_loses_and_doubles_nothing() {
    let folder = packages("durable-streams", &["@durable-streams/client@0.2.7", "@durable-streams/state@0.3.1"]);
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.spool()).unwrap();
    let port = free_port();
    let mut server = Server::start_at(&sandbox, port);
    let url = format!("http://127.0.0.1:{port}/sessions");
    let clients = ["sse", "long-poll", "sse"].map(|mode| Client::start(&folder, &url, mode));
    for number in 0..UPDATES {
        let session = format!("s{}", number % SESSIONS);
        // A number that only grows, through each state; and now and then a session goes for good, and comes anew.
        let (kind, others) = [("working", "stop"), ("stop", "working")][number / SESSIONS % 2];
        let temporary = sandbox.spool().join(".temporary");
        fs_err::write(&temporary, format!(r#"{{"prompt":"{number}","last_assistant_message":"{number}"}}"#)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal(&session, kind));
        fs_err::rename(temporary, sandbox.signal(&session, kind)).unwrap();
        let _ = fs_err::remove_file(sandbox.signal(&session, others));
        if number % 997 == 0 {
            let _ = fs_err::remove_file(sandbox.signal(&session, kind));
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
        assert_eq!((count("doubled"), count("odd")), (0, 0), "{known}");
        // It did see them come, broke off, and was told of the restarts.
        assert!(count("events") > 500 && count("connections") > 5 && count("gone") >= 2, "{known}");
    }
}
