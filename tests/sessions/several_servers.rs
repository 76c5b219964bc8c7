//! Readers and publishers that know several servers, of which only one is good.

use std::net::TcpListener;

use serde_json::Value;

use super::from_server::run;
use super::nats_server::{NatsServer, write_credentials};
use super::published_bucket::PublishedBucket;
use crate::sandbox::{Sandbox, executable_path, run_with_input};
use crate::serve::server::{Server, serve_command};

fn users(password: &str) -> String {
    format!("authorization {{ users: [ {{ user: box, password: {password} }} ], timeout: 30 }}")
}

/// Publishes to the good one of these servers, and reads from it again and again: the order of the servers is random.
fn use_servers(sandbox: &Sandbox, urls: &str, bucket: &PublishedBucket) {
    let path = write_credentials(sandbox, "box:right").display().to_string();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let mut command = serve_command(sandbox, 0);
    command.args(["--publish", urls, "--host", "box", "--credentials", &path]);
    let server = Server::spawn(sandbox, command);
    bucket.wait_for_state("box", "s", Some("waiting"));
    assert_eq!(server.log(), "");
    let reader = Sandbox::new();
    for _ in 0..12 {
        let outcome = run(&reader, &["--json", "--from", urls, "--credentials", &path]);
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
        let sessions: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(sessions.iter().map(|session| &session["sessionId"]).collect::<Vec<_>>(), ["s"]);
    }
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_that_refuses_this_machine_does_not_hide_a_good_one() {
    let (good, other) = (NatsServer::start_with(&users("right")), NatsServer::start_with(&users("wrong")));
    let bucket = PublishedBucket::with_login(&good, "box", "right");
    let sandbox = Sandbox::new();
    use_servers(&sandbox, &format!("{},{}", good.url(), other.url()), &bucket);
    // If the good one is away, the message says which server refuses.
    drop(good);
    let url = other.url();
    let mut command = sandbox.command(executable_path("sessions"));
    command.args(["--json", "--from", &format!("nats://127.0.0.1:1,{url}")]);
    let outcome = run_with_input(command.env("SESSION_SIGNALS_NATS_CREDENTIALS", "box:right"), "");
    let message = format!("{url} does not accept the credentials of this machine");
    assert!(outcome.code == Some(3) && outcome.stderr.contains(&message), "{outcome:?}");
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_that_does_not_answer_does_not_hide_a_good_one() {
    let good = NatsServer::start_with(&users("right"));
    let bucket = PublishedBucket::with_login(&good, "box", "right");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = format!("nats://127.0.0.1:{},{}", silent.local_addr().unwrap().port(), good.url());
    use_servers(&Sandbox::new(), &urls, &bucket);
}
