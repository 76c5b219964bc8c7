//! `sessions serve --publish` when the server is away, slow, full or refuses something.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy};

use super::lossy_proxy::LossyProxy;
use super::nats_server::{NatsServer, write_credentials};
use super::publish::{assert_agrees, publish};
use super::published_bucket::PublishedBucket;
use crate::sandbox::Sandbox;
use crate::serve::server::{Server, becomes_true, serve_command};

fn log_has(server: &Server, part: &str) {
    assert!(becomes_true(|| server.log().contains(part)), "{part} is not in\n{}", server.log());
}

/// Starts a publisher that sends one beat in ten minutes, so that the entries can be counted.
fn publish_quietly(sandbox: &Sandbox, nats: &NatsServer) -> Server {
    let mut command = serve_command(sandbox, 0);
    command.args(["--publish", &nats.url(), "--host", "box", "--beat", "600"]);
    Server::spawn(sandbox, command)
}

#[test]
#[ignore = "needs nats-server"]
fn what_happens_while_the_server_is_away_is_published_when_it_is_back() {
    let (sandbox, mut nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    for session in ["same", "changes", "goes"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    let server = publish_quietly(&sandbox, &nats);
    assert!(becomes_true(|| bucket.sessions("box").len() == 3));
    let before = bucket.last_sequence();
    nats.kill();
    log_has(&server, "sessions: not published: ");
    // The page goes on, and many changes leave one value.
    for event in ["UserPromptSubmit", "Stop", "UserPromptSubmit"] {
        sandbox.run_hook("changes", event, "").assert_success();
    }
    sandbox.run_hook("new", "Stop", "").assert_success();
    fs_err::remove_file(sandbox.signal_path("goes", "stop")).unwrap();
    server.wait_for_state("changes", "working working");
    nats.run();
    bucket.wait_for_state("box", "new", Some("waiting"));
    bucket.wait_for_state("box", "goes", None);
    assert_agrees(&sandbox, &bucket, "box");
    log_has(&server, "sessions: published again, as box\n");
    // The beat, the change, the new session, and the deletion.
    assert_eq!(bucket.last_sequence(), before + 4);
}

#[test]
#[ignore = "needs nats-server"]
fn after_a_lost_connection_nothing_has_to_be_read_before_something_is_written() {
    // A cluster that has lost a server takes values long before it can be read again.
    let users = |rights: &str| {
        format!(
            "server_name: test, jetstream: enabled, no_auth_user: everybody
            authorization {{ users: [ {{ user: everybody, password: x }}, {{ user: box, password: right, {rights} }} ] }}"
        )
    };
    let nats = NatsServer::new();
    let path = nats.directory().join("users.conf");
    fs_err::write(&path, users("")).unwrap();
    let (sandbox, mut nats) = (Sandbox::new(), nats.start_from(&path, &[]));
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let mut command = serve_command(&sandbox, 0);
    command.args(["--publish", &nats.url(), "--host", "box"]).env("SESSION_SIGNALS_NATS_CREDENTIALS", "box:right");
    let server = Server::spawn(&sandbox, command);
    bucket.wait_for_state("box", "s", Some("waiting"));
    nats.stop();
    log_has(&server, "sessions: not published: ");
    fs_err::write(&path, users(r#"permissions: { publish: { deny: "$JS.API.>" } }"#)).unwrap();
    nats.run();
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    bucket.wait_for_state("box", "s", Some("working"));
    log_has(&server, "sessions: published again, as box");
}

#[test]
#[ignore = "needs nats-server"]
fn what_the_bucket_has_lost_while_the_connection_was_lost_is_sent_again() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let (bucket, proxy) = (PublishedBucket::of(&nats), LossyProxy::start(nats.port()));
    sandbox.run_hook("s", "Stop", "").assert_success();
    let mut command = serve_command(&sandbox, 0);
    command.args(["--publish", &proxy.url(), "--host", "box", "--beat", "1"]);
    let server = Server::spawn(&sandbox, command);
    bucket.wait_for_state("box", "s", Some("waiting"));
    proxy.lose(true, true);
    log_has(&server, "sessions: not published: ");
    bucket.run(async |jetstream| {
        let store = jetstream.get_key_value("sessions").await.unwrap();
        store.put("s.box.phantom", "{}".into()).await.unwrap();
        store.delete("s.box.s").await.unwrap();
    });
    proxy.lose(false, false);
    bucket.wait_for_state("box", "s", Some("waiting"));
    bucket.wait_for_state("box", "phantom", None);
    log_has(&server, "sessions: published again, as box");
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_that_comes_later_gets_everything() {
    let (sandbox, mut nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    nats.stop();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &nats, "box", &[]);
    log_has(&server, "sessions: not published: nats://127.0.0.1:");
    assert_eq!(server.sessions().len(), 1);
    // One line says it, however often it is tried.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(server.log().lines().count(), 1, "{}", server.log());
    nats.run();
    bucket.wait_for_state("box", "s", Some("waiting"));
}

#[test]
#[ignore = "needs nats-server"]
fn what_the_bucket_has_of_this_machine_and_should_not_is_deleted() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    drop(server);
    // Somebody else has written keys of this machine, and of another one whose name begins in the same way.
    bucket.run(async |jetstream| {
        let store = jetstream.get_key_value("sessions").await.unwrap();
        for key in ["s.box.phantom", "s.box.s", "s.box2.s", "s.bo.s"] {
            store.put(key, "{}".into()).await.unwrap();
        }
    });
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "phantom", None);
    assert_agrees(&sandbox, &bucket, "box");
    assert_eq!((bucket.sessions("box2").len(), bucket.sessions("bo").len()), (1, 1));
    // Who has lost the beat reads the keys again.
    bucket.run(async |jetstream| {
        let store = jetstream.get_key_value("sessions").await.unwrap();
        store.put("s.box.phantom", "{}".into()).await.unwrap();
        store.delete("h.box").await.unwrap();
    });
    log_has(&server, "sessions: not published: the bucket has lost the beat of box");
    bucket.wait_for_state("box", "phantom", None);
    assert!(becomes_true(|| bucket.beat("box")["interval"] == 1));
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_that_lost_its_store_gets_everything_again() {
    let (sandbox, mut nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let _server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    nats.stop();
    fs_err::remove_dir_all(nats.store_dir()).unwrap();
    nats.run();
    bucket.wait_for_state("box", "s", Some("waiting"));
}

#[test]
#[ignore = "needs nats-server"]
fn wrong_credentials_are_said_and_right_ones_are_taken_without_a_restart() {
    let users = r#"authorization { users: [ { user: "box", password: "right" } ] }"#;
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start_with(users));
    sandbox.run_hook("s", "Stop", "").assert_success();
    let path = write_credentials(&sandbox, "box:wrong");
    let server = publish(&sandbox, &nats, "box", &["--credentials", &path.display().to_string()]);
    log_has(&server, "the server does not accept the credentials of this machine");
    assert!(!server.log().contains("wrong"), "{}", server.log());
    fs_err::write(&path, "box:right").unwrap();
    log_has(&server, "sessions: published again, as box");
    // They may also come from the environment.
    drop(server);
    let mut command = serve_command(&sandbox, 0);
    command.args(["--publish", &nats.url(), "--host", "box"]).env("SESSION_SIGNALS_NATS_CREDENTIALS", "box:right");
    let server = Server::spawn(&sandbox, command);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.log(), "");
}

#[test]
#[ignore = "needs nats-server"]
fn a_full_store_is_said_and_filled_when_there_is_room() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    // A bucket with room for a few small sessions.
    let config = |max_bytes| Config { max_bytes, ..bucket_config() };
    bucket.run(async |jetstream| drop(jetstream.create_stream(config(3000)).await.unwrap()));
    for number in 0..20 {
        sandbox.run_hook(&format!("s{number}"), "Stop", "").assert_success();
    }
    let server = publish(&sandbox, &nats, "box", &[]);
    log_has(&server, "the server does not take the sessions");
    assert!(bucket.sessions("box").len() < 20);
    assert_eq!(server.sessions().len(), 20);
    bucket.run(async |jetstream| drop(jetstream.update_stream(config(-1)).await.unwrap()));
    assert_agrees(&sandbox, &bucket, "box");
    log_has(&server, "sessions: published again, as box");
}

#[test]
#[ignore = "needs nats-server"]
fn a_machine_that_is_gone_leaves_by_itself_and_one_that_is_there_stays() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    // This bucket drops what is older than three seconds. The one that a publisher makes has a day.
    let second = Duration::from_secs(1);
    let config = Config { max_age: 3 * second, duplicate_window: second, ..bucket_config() };
    bucket.run(async |jetstream| drop(jetstream.create_stream(config).await.unwrap()));
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    for _ in 0..40 {
        assert_eq!(bucket.values().keys().collect::<Vec<_>>(), ["h.box", "s.box.s"]);
        std::thread::sleep(second / 5);
    }
    drop(server);
    assert!(becomes_true(|| bucket.values().is_empty()));
    // Nothing of it is left in the store, neither a value nor the mark of a deletion.
    let stored =
        bucket.run(async |jetstream| jetstream.get_stream("KV_sessions").await.unwrap().cached_info().state.messages);
    assert_eq!(stored, 0);
}

#[test]
#[ignore = "needs nats-server"]
fn a_publisher_makes_a_bucket_that_drops_old_entries_and_that_nobody_can_empty() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let _server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    let config =
        bucket.run(async |jetstream| jetstream.get_stream("KV_sessions").await.unwrap().cached_info().config.clone());
    assert_eq!((config.max_age, config.max_messages_per_subject), (Duration::from_secs(24 * 3600), 1));
    assert_eq!(
        (config.num_replicas, config.allow_rollup, config.deny_delete, config.deny_purge),
        (1, false, true, true)
    );
    assert_eq!(config.storage, async_nats::jetstream::stream::StorageType::File);
}

/// Returns what makes a stream a bucket.
fn bucket_config() -> Config {
    Config {
        name: "KV_sessions".to_owned(),
        subjects: vec!["$KV.sessions.>".to_owned()],
        max_messages_per_subject: 1,
        discard: DiscardPolicy::New,
        allow_direct: true,
        ..Default::default()
    }
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_that_stands_still_is_waited_for() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    nats.send_signal("-STOP");
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.wait_for_state("s", "working working");
    log_has(&server, "sessions: not published: ");
    nats.send_signal("-CONT");
    assert_agrees(&sandbox, &bucket, "box");
    log_has(&server, "sessions: published again, as box");
}

#[test]
#[ignore = "needs nats-server"]
fn a_lost_answer_and_a_cut_cable_lose_nothing() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let (bucket, proxy) = (PublishedBucket::of(&nats), LossyProxy::start(nats.port()));
    sandbox.run_hook("s", "Stop", "").assert_success();
    let mut command = serve_command(&sandbox, 0);
    command.args(["--publish", &proxy.url(), "--host", "box", "--beat", "600"]);
    let server = Server::spawn(&sandbox, command);
    bucket.wait_for_state("box", "s", Some("waiting"));
    let before = bucket.last_sequence();
    // The server takes what is sent, and its answers are lost.
    proxy.lose(false, true);
    sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
    bucket.wait_for_state("box", "s", Some("working"));
    log_has(&server, "sessions: not published: the server does not answer");
    proxy.lose(false, false);
    log_has(&server, "sessions: published again, as box");
    // The value and a beat, and at most the two again for each further connection: the answers to them were lost.
    let later = proxy.connections() - 1;
    let after = bucket.last_sequence();
    assert!((before + 2..=before + 1 + 2 * later).contains(&after), "{before} {after} {later}");
    // The answer to a new session is lost, and the session is gone before the publisher is back.
    proxy.lose(false, true);
    sandbox.run_hook("brief", "Stop", "").assert_success();
    bucket.wait_for_state("box", "brief", Some("waiting"));
    fs_err::remove_file(sandbox.signal_path("brief", "stop")).unwrap();
    assert!(becomes_true(|| server.log().matches("sessions: not published: ").count() == 2), "{}", server.log());
    proxy.lose(false, false);
    bucket.wait_for_state("box", "brief", None);
    // Nothing comes through in either direction, while much happens.
    proxy.lose(true, true);
    for number in 0..17 {
        let event = if number % 2 == 0 { "Stop" } else { "UserPromptSubmit" };
        sandbox.run_hook("s", event, "").assert_success();
        sandbox.run_hook(&format!("new{number}"), "Stop", "").assert_success();
    }
    std::thread::sleep(Duration::from_secs(12));
    proxy.lose(false, false);
    assert_agrees(&sandbox, &bucket, "box");
}

#[test]
#[ignore = "needs nats-server"]
fn a_value_that_is_too_long_for_the_server_is_published_without_text() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start_with("max_payload: 8KB"));
    let bucket = PublishedBucket::of(&nats);
    let answer = "long ".repeat(4000);
    sandbox.run_hook("long", "Stop", &format!(r#""last_assistant_message":"{answer}""#)).assert_success();
    sandbox.run_hook("short", "Stop", r#""last_assistant_message":"short""#).assert_success();
    let server = publish(&sandbox, &nats, "box", &["--publish-text", "full"]);
    assert!(becomes_true(|| bucket.sessions("box").len() == 2));
    let sessions = bucket.sessions("box");
    assert_eq!(sessions["short"]["lastMessage"], "short");
    assert_eq!(
        (&sessions["long"]["lastMessage"], &sessions["long"]["state"]),
        (&serde_json::Value::Null, &"waiting".into())
    );
    assert_eq!(server.log(), "");
}

#[test]
#[ignore = "needs nats-server"]
fn a_server_without_jetstream_and_a_bucket_that_may_not_be_made_are_explained() {
    let plain = NatsServer::new();
    let path = plain.directory().join("plain.conf");
    fs_err::write(&path, "server_name: plain\n").unwrap();
    let plain = plain.start_from(&path, &[]);
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = publish(&sandbox, &plain, "box", &[]);
    log_has(&server, "sessions: not published: the bucket cannot be opened");
    drop(server);
    let users = r#"authorization { users: [ { user: "box", password: "right", permissions: {
        publish: [ "$KV.sessions.>", "$JS.API.STREAM.INFO.*" ], subscribe: [ "_INBOX.>" ] } } ] }"#;
    let nats = NatsServer::start_with(users);
    let mut command = serve_command(&sandbox, 0);
    command.args(["--publish", &nats.url(), "--host", "box"]).env("SESSION_SIGNALS_NATS_CREDENTIALS", "box:right");
    let server = Server::spawn(&sandbox, command);
    log_has(&server, "there is no bucket, and this machine cannot make it");
    log_has(&server, "Permissions Violation for Publish to \"$JS.API.STREAM.CREATE.KV_sessions\"");
}
