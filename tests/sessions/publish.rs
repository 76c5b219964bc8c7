//! `sessions serve --publish`, with a real NATS server.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::list;
use super::nats_server::{NatsServer, write_credentials};
use super::published_bucket::PublishedBucket;
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input, set_modified};
use crate::serve::server::{Server, becomes_true, serve_command};

/// Starts `sessions serve` that publishes to this server under this name, with these further arguments. A beat comes each second.
pub fn publish(sandbox: &Sandbox, server: &NatsServer, host: &str, arguments: &[&str]) -> Server {
    let mut command = serve_command(sandbox, 0);
    command.args(["--publish", &server.url(), "--host", host, "--beat", "1"]).args(arguments);
    Server::spawn(sandbox, command)
}

/// Waits until the bucket has exactly the sessions of this machine that are open, each with what may leave.
#[track_caller]
pub fn assert_agrees(sandbox: &Sandbox, bucket: &PublishedBucket, host: &str) {
    let kept = ["format", "sessionId", "status", "state", "rule", "project", "since", "pendingCount", "messageCount"];
    let known = |session: &Value| kept.map(|name| session[name].clone());
    let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
    let agrees = becomes_true(|| {
        let open = list::json(sandbox, &[]).into_iter();
        here = open.map(|session| (session["sessionId"].as_str().unwrap().to_owned(), known(&session))).collect();
        let open = bucket.sessions(host).into_iter().filter(|(_, session)| session["state"] != "ended");
        there = open.map(|(id, session)| (id, known(&session))).collect();
        here == there
    });
    assert!(agrees, "{here:#?}\n{there:#?}");
}

/// Runs a command that must fail at once. Returns what it says.
fn refused(sandbox: &Sandbox, arguments: &[&str], code: i32) -> String {
    let mut command = sandbox.command(executable_path("sessions"));
    let outcome = run_with_input(command.args(["serve", "--port", "0"]).args(arguments), "");
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    outcome.stderr
}

#[test]
#[ignore = "needs nats-server"]
fn every_session_and_every_change_of_it_is_published() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    let mut cli = ClaudeProcess::start(&sandbox);
    sandbox.run_hook("before", "Stop", r#""cwd":"/srv/parser""#).assert_success();
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "before", Some("waiting"));
    for (event, members, state) in [
        ("SessionStart", r#""source":"startup","cwd":"/srv/website""#, "waiting"),
        ("UserPromptSubmit", r#""prompt":"go""#, "working"),
        ("PermissionRequest", BASH, "permission"),
        ("PostToolUse", BASH, "working"),
        ("Stop", r#""last_assistant_message":"done""#, "waiting"),
    ] {
        cli.run_hook("s", event, members).assert_success();
        bucket.wait_for_state("box", "s", Some(state));
    }
    assert_agrees(&sandbox, &bucket, "box");
    let beat = bucket.beat("box");
    assert_eq!((&beat["interval"], &beat["lease"]), (&json!(1), &json!(3)));
    let instance = fs_err::read_to_string(sandbox.home().join(".claude/session-stream/instance")).unwrap();
    assert_eq!(beat["instance"], json!(instance.trim()));
    // The value of a session is a session of which its user has written nothing.
    let session = bucket.sessions("box").remove("before").unwrap();
    assert_eq!(
        (&session["project"], &session["cwd"], &session["lastMessage"]),
        (&json!("parser"), &json!(""), &Value::Null)
    );
    // A session that has ended is told, and one that is gone is deleted.
    cli.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
    bucket.wait_for_state("box", "s", Some("ended"));
    fs_err::remove_file(sandbox.signal_path("before", "stop")).unwrap();
    bucket.wait_for_state("box", "before", None);
    assert_eq!(server.log(), "");
}

#[test]
#[ignore = "needs nats-server"]
fn with_full_text_all_is_published_that_the_list_prints() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "PermissionRequest", &format!(r#""cwd":"/srv/parser",{BASH}"#)).assert_success();
    let _server = publish(&sandbox, &nats, "box", &["--publish-text", "full"]);
    bucket.wait_for_state("box", "s", Some("permission"));
    assert_eq!(Some(&bucket.sessions("box")["s"]), list::json(&sandbox, &[]).first());
}

#[test]
#[ignore = "needs nats-server"]
fn a_restart_takes_over_at_once_and_sends_only_the_difference() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    for session in ["same", "changes", "goes"] {
        sandbox.run_hook(session, "Stop", "").assert_success();
    }
    // The beats must not disturb the counting.
    let slow = ["--beat", "600"];
    let start = || {
        let mut command = serve_command(&sandbox, 0);
        command.args(["--publish", &nats.url(), "--host", "box"]).args(slow);
        Server::spawn(&sandbox, command)
    };
    let server = start();
    bucket.wait_for_state("box", "same", Some("waiting"));
    assert_agrees(&sandbox, &bucket, "box");
    let run = bucket.beat("box")["run"].clone();
    let before = bucket.last_sequence();
    // A killed server leaves everything as it is.
    drop(server);
    sandbox.run_hook("changes", "UserPromptSubmit", "").assert_success();
    sandbox.run_hook("new", "Stop", "").assert_success();
    fs_err::remove_file(sandbox.signal_path("goes", "stop")).unwrap();
    assert_eq!(bucket.last_sequence(), before);
    let server = start();
    bucket.wait_for_state("box", "new", Some("waiting"));
    bucket.wait_for_state("box", "goes", None);
    assert_agrees(&sandbox, &bucket, "box");
    assert_ne!(bucket.beat("box")["run"], run);
    // The beat, a session that has changed, one that is new, and a deletion.
    assert_eq!(bucket.last_sequence(), before + 4);
    assert_eq!(server.log(), "");
}

#[test]
#[ignore = "needs nats-server"]
fn another_machine_of_the_same_name_is_refused_until_the_lease_is_over() {
    let (one, other, nats) = (Sandbox::new(), Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    one.run_hook("of-one", "Stop", "").assert_success();
    other.run_hook("of-other", "Stop", "").assert_success();
    let server = publish(&one, &nats, "box", &[]);
    bucket.wait_for_state("box", "of-one", Some("waiting"));
    let message = refused(&other, &["--publish", &nats.url(), "--host", "box", "--beat", "1"], 1);
    assert!(message.starts_with("sessions: another machine publishes as box: its last beat came "), "{message}");
    assert!(message.contains("another name with --host"), "{message}");
    assert_agrees(&one, &bucket, "box");
    // Another name is free.
    let second = publish(&other, &nats, "box2", &[]);
    bucket.wait_for_state("box2", "of-other", Some("waiting"));
    // When the first is gone and its lease is over, its name is free, too. What it had is deleted.
    drop(server);
    drop(second);
    let is_taken = becomes_true(|| {
        let mut command = serve_command(&other, 0);
        command.args(["--publish", &nats.url(), "--host", "box", "--beat", "1"]);
        let server = Server::spawn(&other, command);
        let agrees = becomes_soon(|| bucket.sessions("box").keys().eq(["of-other"]));
        drop(server);
        agrees
    });
    assert!(is_taken);
}

#[test]
#[ignore = "needs nats-server"]
fn a_service_serves_on_without_the_name_and_takes_it_when_it_is_free() {
    let (one, other, nats) = (Sandbox::new(), Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    one.run_hook("of-one", "Stop", "").assert_success();
    other.run_hook("of-other", "Stop", "").assert_success();
    let first = publish(&one, &nats, "box", &[]);
    bucket.wait_for_state("box", "of-one", Some("waiting"));
    let second = publish(&other, &nats, "box", &["--keep-serving"]);
    let message = "sessions: not published: another machine publishes as box: its last beat came ";
    assert!(becomes_true(|| second.log().starts_with(message)), "{}", second.log());
    assert!(second.log().contains("another name with --host"), "{}", second.log());
    // One line says it, however often it is tried. The page goes on meanwhile.
    std::thread::sleep(std::time::Duration::from_secs(5));
    assert_eq!(second.log().lines().count(), 1, "{}", second.log());
    second.wait_for_state("of-other", "waiting stop");
    assert_agrees(&one, &bucket, "box");
    drop(first);
    bucket.wait_for_state("box", "of-one", None);
    assert_agrees(&other, &bucket, "box");
    assert!(becomes_true(|| second.log().ends_with("sessions: published again, as box\n")), "{}", second.log());
}

#[test]
#[ignore = "needs nats-server"]
fn a_service_serves_on_while_another_process_of_the_installation_publishes() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    sandbox.run_hook("s", "Stop", "").assert_success();
    let first = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "s", Some("waiting"));
    let second = publish(&sandbox, &nats, "second", &["--keep-serving"]);
    let message =
        "sessions: not published: another `sessions serve` of this configuration directory publishes already\n";
    assert!(becomes_true(|| second.log() == message), "{}", second.log());
    second.wait_for_state("s", "waiting stop");
    drop(first);
    bucket.wait_for_state("second", "s", Some("waiting"));
}

#[test]
#[ignore = "needs nats-server"]
fn a_service_serves_on_without_the_file_of_the_credentials() {
    let users = r#"authorization { users: [ { user: "box", password: "right" } ] }"#;
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start_with(users));
    sandbox.run_hook("s", "Stop", "").assert_success();
    let path = sandbox.home().join("credentials").display().to_string();
    let server = publish(&sandbox, &nats, "box", &["--keep-serving", "--credentials", &path]);
    assert!(becomes_true(|| server.log().contains("sessions: not published: ")), "{}", server.log());
    assert!(server.log().contains(&path), "{}", server.log());
    server.wait_for_state("s", "waiting stop");
    write_credentials(&sandbox, "box:right");
    assert!(becomes_true(|| server.log().ends_with("sessions: published again, as box\n")), "{}", server.log());
}

/// Waits two seconds at most.
fn becomes_soon(mut condition: impl FnMut() -> bool) -> bool {
    let (limit, pause) = (std::time::Duration::from_secs(2), std::time::Duration::from_millis(50));
    session_signals_cli::wait_until(limit, pause, || condition().then_some(())).is_some()
}

#[test]
#[ignore = "needs nats-server"]
fn a_copy_of_an_installation_does_not_fight_with_it() {
    let (one, copy, nats) = (Sandbox::new(), Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    one.run_hook("of-one", "Stop", "").assert_success();
    copy.run_hook("of-copy", "Stop", "").assert_success();
    let first = publish(&one, &nats, "box", &[]);
    bucket.wait_for_state("box", "of-one", Some("waiting"));
    let instance = |sandbox: &Sandbox| sandbox.home().join(".claude/session-stream/instance");
    fs_err::create_dir_all(instance(&copy).parent().unwrap()).unwrap();
    fs_err::copy(instance(&one), instance(&copy)).unwrap();
    // The last one that starts has the name, and keeps it. The first one says why it does not publish.
    let _second = publish(&copy, &nats, "box", &[]);
    bucket.wait_for_state("box", "of-copy", Some("waiting"));
    let message = "not published: another process publishes as box, with the id of this installation";
    assert!(becomes_true(|| first.log().contains(message)), "{}", first.log());
    for _ in 0..20 {
        assert_eq!(bucket.sessions("box").keys().collect::<Vec<_>>(), ["of-copy"]);
        std::thread::sleep(std::time::Duration::from_millis(250));
    }
    assert_eq!(first.log().lines().count(), 1, "{}", first.log());
}

#[test]
#[ignore = "needs nats-server"]
fn a_session_that_ended_long_ago_is_not_published() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    let bucket = PublishedBucket::of(&nats);
    for (session, minutes) in [("now", 1), ("long-ago", 61)] {
        sandbox.run_hook(session, "SessionEnd", "").assert_success();
        let then = std::time::SystemTime::now() - std::time::Duration::from_secs(60 * minutes);
        // Without the stamp of the hook, the time of the file counts.
        fs_err::write(sandbox.signal_path(session, "ended"), format!("{{\"session_id\":\"{session}\"}}\n")).unwrap();
        set_modified(&sandbox.signal_path(session, "ended"), then);
    }
    let server = publish(&sandbox, &nats, "box", &[]);
    bucket.wait_for_state("box", "now", Some("ended"));
    assert_eq!(server.sessions().len(), 2);
    assert_eq!(bucket.sessions("box").len(), 1);
}

#[test]
#[ignore = "needs nats-server"]
fn a_second_server_of_the_same_home_does_not_publish() {
    let (sandbox, nats) = (Sandbox::new(), NatsServer::start());
    sandbox.run_hook("s", "Stop", "").assert_success();
    let _server = publish(&sandbox, &nats, "box", &[]);
    let message = refused(&sandbox, &["--publish", &nats.url(), "--host", "box2"], 1);
    let expected = "sessions: another `sessions serve` of this configuration directory publishes already\n";
    assert_eq!(message, expected);
}

#[test]
fn wrong_options_are_explained() {
    let sandbox = Sandbox::new();
    for (arguments, part) in [
        (&["--publish", "nats://nats.example.org"][..], "use tls://"),
        (&["--publish", "tls://me:secret@nats.example.org"], "must hold no password"),
        (&["--publish", "http://localhost"], "begins with tls://"),
        (&["--publish", "nats://localhost", "--host", "a.b"], "letters, digits, - and _"),
        (&["--publish", "nats://localhost", "--publish-text", "all"], "possible values: none, full"),
        (&["--host", "box"], "--publish"),
    ] {
        let message = refused(&sandbox, arguments, 2);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn credentials_that_others_can_read_are_refused() {
    let sandbox = Sandbox::new();
    let path = sandbox.home().join("credentials");
    fs_err::write(&path, "box:secret").unwrap();
    set_mode(&path, 0o644);
    let file = path.display().to_string();
    let arguments = ["--publish", "nats://localhost", "--host", "box", "--credentials", &file];
    let message = refused(&sandbox, &arguments, 1);
    assert_eq!(message, format!("sessions: {file} can be read by others: run `chmod 600` on it\n"));
    fs_err::write(&path, "nothing").unwrap();
    set_mode(&path, 0o600);
    assert_eq!(refused(&sandbox, &arguments, 1), format!("sessions: {file} holds no credentials\n"));
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
