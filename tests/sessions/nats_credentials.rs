//! The ways in which a NATS server knows a machine, each with a real server. Passwords are in the other tests.

use std::path::{Path, PathBuf};

use fs_err as fs;
use serde_json::Value;

use super::from_server::run;
use super::nats_server::{NatsServer, write_credentials};
use crate::sandbox::Sandbox;
use crate::serve::server::{Server, becomes_true, serve_command};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nats").join(name)
}

/// Publishes and reads with these credentials on a server with this configuration. Another reader, without credentials, is refused.
fn publish_and_read(configuration: &str, credentials: &str) {
    let nats = NatsServer::new().start_from(&fixture(configuration), &[]);
    let (publisher, reader) = (Sandbox::new(), Sandbox::new());
    let path = write_credentials(&publisher, &fs::read_to_string(fixture(credentials)).unwrap());
    publisher.run_hook("s", "Stop", "").assert_success();
    let mut command = serve_command(&publisher, 0);
    command.args(["--publish", &nats.url(), "--host", "box", "--credentials", path.to_str().unwrap()]);
    let server = Server::spawn(&publisher, command);
    let url = nats.url();
    let read = |credentials: &[&str]| run(&reader, &[&["--json", "--from", &*url], credentials].concat());
    let login = ["--credentials", path.to_str().unwrap()];
    let reads_session = || {
        let sessions: Vec<Value> = serde_json::from_str(&read(&login).stdout).unwrap();
        sessions.iter().any(|session| session["machine"] == "box" && session["sessionId"] == "s")
    };
    assert!(becomes_true(reads_session), "{}\n{}", server.log(), read(&login).stderr);
    let refused = read(&[]).stderr;
    assert!(refused.contains("the server does not accept the credentials of this machine"), "{refused}");
}

#[test]
#[ignore = "needs nats-server"]
fn a_token_with_its_key_lets_a_machine_in() {
    publish_and_read("tokens.conf", "user.creds");
}

#[test]
#[ignore = "needs nats-server"]
fn the_seed_of_a_key_lets_a_machine_in() {
    publish_and_read("keys.conf", "user.seed");
}
