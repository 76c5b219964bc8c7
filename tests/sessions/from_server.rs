//! The sessions that other machines publish to a real NATS server.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use async_nats::jetstream::Context;
use serde_json::{Value, json};

use super::events::start_events_with;
use super::list;
use super::lossy_proxy::LossyProxy;
use super::nats_server::{NatsServer, write_credentials};
use super::published_bucket::PublishedBucket;
use super::terminal::Terminal;
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_path, run_with_input};
use crate::serve::browser::Browser;
use crate::serve::dashboard::{Dashboard, NEWEST, OF_DASHBOARDS};
use crate::serve::server::{Server, becomes_true, free_port, serve_command};

/// The value of each open session, by its key.
type Sessions = BTreeMap<String, Value>;

/// A machine that publishes all of its sessions, with a beat each second.
struct Machine {
    sandbox: Sandbox,
    name: &'static str,
    arguments: Vec<String>,
    publisher: Option<Server>,
}

impl Machine {
    fn start(name: &'static str, nats: &NatsServer) -> Self {
        Self::start_with(name, nats, &[])
    }

    /// Starts it with these further arguments of `sessions serve`.
    fn start_with(name: &'static str, nats: &NatsServer, arguments: &[&str]) -> Self {
        let url = nats.url();
        let own = ["--publish", &*url, "--host", name, "--publish-text", "full", "--beat", "1"];
        let arguments = own.iter().chain(arguments).map(|argument| (*argument).to_owned()).collect();
        let mut machine = Self { sandbox: used_sandbox(), name, arguments, publisher: None };
        machine.publish();
        machine
    }

    fn publish(&mut self) {
        let mut command = serve_command(&self.sandbox, 0);
        command.args(&self.arguments);
        self.publisher = Some(Server::spawn(&self.sandbox, command));
    }

    /// Kills the publisher, so that it says no good-bye.
    fn kill(&mut self) {
        let publisher = self.publisher.take().unwrap();
        publisher.send_signal("-KILL");
        publisher.wait();
    }

    fn run_hook(&self, session: &str, event: &str, members: &str) {
        self.sandbox.run_hook(session, event, members).assert_success();
    }

    /// Returns what the machine itself lists, as another machine has to show it.
    fn listed(&self) -> Sessions {
        let own = by_key(list::json(&self.sandbox, &[]));
        let is_reachable = self.publisher.is_some();
        let seen = |(id, mut session): (String, Value)| {
            session["machine"] = self.name.into();
            if !is_reachable {
                session["state"] = "unreachable".into();
            }
            (format!("{}:{id}", self.name), session)
        };
        own.into_iter().map(seen).collect()
    }
}

/// Returns a home in which Claude Code was started once.
fn used_sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    sandbox
}

/// Returns the open sessions by their keys, without what may be told a little later.
fn by_key(sessions: Vec<Value>) -> Sessions {
    let open = sessions.into_iter().filter(|session| session["state"] != "ended");
    let entry = |mut session: Value| {
        session["lastActivityAt"] = Value::Null;
        let id = session["sessionId"].as_str().unwrap();
        let key = session["machine"].as_str().map_or_else(|| id.to_owned(), |machine| format!("{machine}:{id}"));
        (key, session)
    };
    open.map(entry).collect()
}

/// The three kinds of readers on one machine: a list that is read once, lines that are followed, and a server.
struct Readers {
    sandbox: Sandbox,
    url: String,
    _events: KilledAtEnd,
    followed: Arc<Mutex<Sessions>>,
    server: Server,
}

impl Readers {
    /// Starts them with the address of the server. The machine publishes, too, under this name.
    fn start(url: String, name: &str) -> Self {
        let sandbox = used_sandbox();
        let mut command = serve_command(&sandbox, 0);
        command.args(["--from", &url, "--publish", &url, "--host", name, "--publish-text", "full", "--beat", "1"]);
        let server = Server::spawn(&sandbox, command);
        let (events, lines) = start_events_with(&sandbox, &["--from", &url], "");
        let followed = Arc::new(Mutex::new(Sessions::new()));
        let written = Arc::clone(&followed);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut line: Value = serde_json::from_str(&line).unwrap();
                let key = line["key"].as_str().unwrap().to_owned();
                written.lock().unwrap().remove(&key);
                let value = line["value"].take();
                if !value.is_null() {
                    let sessions = by_key(vec![value]);
                    assert!(sessions.keys().all(|of_value| *of_value == key));
                    written.lock().unwrap().extend(sessions);
                }
            }
        });
        Self { sandbox, url, _events: KilledAtEnd(events), followed, server }
    }

    /// Waits until each of them knows the same as the machines themselves, and nothing else.
    #[track_caller]
    fn assert_agree(&self, machines: &[&Machine], situation: &str) {
        let mut last = Vec::new();
        let agree = becomes_true(|| {
            let mut expected = by_key(list::json(&self.sandbox, &[]));
            expected.extend(machines.iter().flat_map(|machine| machine.listed()));
            let listed = run(&self.sandbox, &["--json", "--from", &self.url]).stdout;
            let served = self.server.messages();
            assert!(served.iter().all(|message| message["key"] == *key_of(&message["value"])));
            let served = served.into_iter().map(|mut message| message["value"].take()).collect();
            let listed: Vec<Value> = serde_json::from_str(&listed).unwrap();
            let known = [by_key(listed), self.followed.lock().unwrap().clone(), by_key(served)];
            last = differences(&expected, &known);
            last.is_empty()
        });
        assert!(agree, "{situation}: {last:#?}");
    }
}

/// A process that is killed when this value is dropped.
struct KilledAtEnd(Child);

impl Drop for KilledAtEnd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn key_of(session: &Value) -> String {
    by_key(vec![json!({"sessionId": session["sessionId"], "machine": session["machine"]})]).into_keys().next().unwrap()
}

/// Describes what the list, the lines and the server do not say as expected. Of an unreachable session only that is compared.
fn differences(expected: &Sessions, known: &[Sessions; 3]) -> Vec<String> {
    let mut found = Vec::new();
    for (reader, known) in ["list", "events", "serve"].iter().zip(known) {
        let keys = expected.keys().chain(known.keys()).collect::<std::collections::BTreeSet<_>>();
        for key in keys {
            let (expected, known) = (expected.get(key), known.get(key));
            let is_lost = |session: &Value| session["state"] == "unreachable";
            let agree = match (expected, known) {
                (Some(expected), Some(known)) if is_lost(expected) => is_lost(known) && known["status"] == "idle",
                _ => expected == known,
            };
            if !agree {
                found.push(format!("{reader}: {key}: {known:?} and not {expected:?}"));
            }
        }
    }
    found
}

/// Runs `sessions` with these arguments.
pub fn run(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "")
}

#[test]
#[ignore = "needs nats-server"]
fn every_reader_knows_what_each_machine_knows_of_itself_whatever_fails() {
    let mut nats = NatsServer::start();
    let (mut alpha, beta) = (Machine::start("alpha", &nats), Machine::start("beta", &nats));
    let readers = Readers::start(nats.url(), "gamma");
    // All three machines have a session of the same id.
    readers.sandbox.run_hook("same", "Stop", r#""cwd":"/srv/own","last_assistant_message":"own""#).assert_success();
    alpha.run_hook("same", "UserPromptSubmit", r#""cwd":"/srv/a","prompt":"work""#);
    beta.run_hook("same", "PermissionRequest", &format!(r#""cwd":"/srv/b",{BASH}"#));
    readers.assert_agree(&[&alpha, &beta], "at first");
    for (situation, event, members) in [
        ("a turn has ended", "Stop", r#""last_assistant_message":"done""#),
        ("a turn has begun", "UserPromptSubmit", ""),
    ] {
        alpha.run_hook("same", event, members);
        readers.assert_agree(&[&alpha, &beta], situation);
    }
    beta.run_hook("more", "SessionStart", r#""source":"startup""#);
    readers.assert_agree(&[&alpha, &beta], "a session has come");
    beta.run_hook("more", "SessionEnd", "");
    readers.assert_agree(&[&alpha, &beta], "a session has ended");
    // The server is away while things change. It comes back with its store.
    nats.stop();
    alpha.run_hook("same", "PermissionRequest", BASH);
    beta.run_hook("other", "Stop", "");
    nats.run();
    readers.assert_agree(&[&alpha, &beta], "the server was stopped and started");
    nats.kill();
    beta.run_hook("other", "SessionEnd", "");
    nats.run();
    readers.assert_agree(&[&alpha, &beta], "the server was killed and started");
    // A machine is gone without a word, and comes back.
    alpha.kill();
    readers.assert_agree(&[&alpha, &beta], "the publisher was killed");
    let line = run(&readers.sandbox, &["--from", &readers.url]).stdout;
    assert!(line.contains("? unreachable") && line.contains("on alpha: the machine cannot be reached"), "{line}");
    // It needs nobody, and nobody waits for it.
    let outcome = run(&readers.sandbox, &["wait", "--for", "approval", "--json", "--from", &readers.url]);
    let found: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((outcome.code, &found["machine"]), (Some(0), &json!("beta")));
    let line = run(&readers.sandbox, &["line", "--from", &readers.url]);
    assert_eq!((line.code, &*line.stdout), (Some(0), "▲1 ◆1\n"));
    alpha.run_hook("same", "UserPromptSubmit", "");
    alpha.publish();
    readers.assert_agree(&[&alpha, &beta], "the publisher is back");
    // Another reader begins while the server is away, and has all as soon as it is there.
    nats.stop();
    let outcome = run(&readers.sandbox, &["--json", "--from", &readers.url]);
    assert_eq!(outcome.code, Some(3));
    let reason = format!("sessions: {}: ", readers.url);
    assert!(outcome.stderr.starts_with(&reason) && outcome.stderr.lines().count() == 1, "{}", outcome.stderr);
    let own: Vec<Value> = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(by_key(own), by_key(list::json(&readers.sandbox, &[])));
    let (late, mut lines) = start_events_with(&beta.sandbox, &["--from", &readers.url], "");
    let _late = KilledAtEnd(late);
    lines.next().unwrap().unwrap();
    nats.run();
    let keys: Vec<_> = lines.take(2).map(|line| json_of(&line.unwrap())["key"].as_str().unwrap().to_owned()).collect();
    assert!(keys.contains(&"gamma:same".to_owned()) && keys.contains(&"alpha:same".to_owned()), "{keys:?}");
}

#[test]
#[ignore = "needs nats-server"]
fn what_a_cut_cable_has_hidden_from_the_readers_is_known_when_it_is_mended() {
    let nats = NatsServer::start();
    let (alpha, cable) = (Machine::start("alpha", &nats), LossyProxy::start(nats.port()));
    let readers = Readers::start(cable.url(), "gamma");
    alpha.run_hook("a", "UserPromptSubmit", "");
    readers.assert_agree(&[&alpha], "at first");
    cable.lose(true, true);
    for number in 0..17 {
        alpha.run_hook("a", if number % 2 == 0 { "Stop" } else { "UserPromptSubmit" }, "");
        alpha.run_hook(&format!("new{number}"), "Stop", "");
    }
    // Nobody says meanwhile that the session works.
    let is_lost = || readers.followed.lock().unwrap()["alpha:a"]["state"] == "unreachable";
    assert!(becomes_true(is_lost));
    readers.server.wait_for_state("a", "unreachable unreachable");
    std::thread::sleep(std::time::Duration::from_secs(9));
    cable.lose(false, false);
    readers.assert_agree(&[&alpha], "the cable is mended");
}

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap()
}

#[test]
#[ignore = "needs nats-server"]
fn all_sessions_are_there_at_the_first_reading() {
    let nats = NatsServer::start();
    let alpha = Machine::start("alpha", &nats);
    for number in 0..200 {
        alpha.run_hook(&format!("s{number}"), "Stop", "");
    }
    let reader = Sandbox::new();
    let read = || by_key(serde_json::from_str(&run(&reader, &["--json", "--from", &nats.url()]).stdout).unwrap());
    assert!(becomes_true(|| read().len() == 200));
    assert_eq!(read(), alpha.listed());
}

fn users(password: &str) -> String {
    format!("authorization {{ users = [{{ user: box, password: {password} }}] }}")
}

#[test]
#[ignore = "needs nats-server"]
fn wrong_credentials_are_said_and_new_ones_count_without_a_restart() {
    let mut nats = NatsServer::start_with(&users("first"));
    let machine_home = Sandbox::new();
    let file = write_credentials(&machine_home, "box:first");
    let alpha = Machine::start_with("alpha", &nats, &["--credentials", file.to_str().unwrap()]);
    alpha.run_hook("a", "Stop", "");
    let reader = Sandbox::new();
    let url = nats.url();
    let refused = |arguments: &[&str], reason: &str| {
        let outcome = run(&reader, &[&["--json", "--from", &*url], arguments].concat());
        let lines: Vec<_> = outcome.stderr.lines().collect();
        assert_eq!((outcome.code, &*outcome.stdout, lines.len()), (Some(3), "[]\n", 1), "{}", outcome.stderr);
        assert!(lines[0].starts_with("sessions: ") && lines[0].contains(reason), "{}", lines[0]);
    };
    refused(&[], "the server does not accept the credentials of this machine");
    let file = write_credentials(&reader, "box:wrong");
    let path = file.to_str().unwrap().to_owned();
    refused(&["--credentials", &path], "the server does not accept the credentials of this machine");
    fs_err::write(&file, "nonsense").unwrap();
    refused(&["--credentials", &path], "holds no credentials");
    refused(&["--credentials", "/nonexistent"], "/nonexistent");
    write_credentials(&reader, "box:first");
    let read = || {
        serde_json::from_str::<Vec<Value>>(&run(&reader, &["--json", "--from", &url, "--credentials", &path]).stdout)
    };
    assert!(becomes_true(|| read().unwrap().len() == 1));
    // The environment may hold them instead.
    let mut command = reader.command(executable_path("sessions"));
    command.env("SESSION_SIGNALS_NATS_CREDENTIALS", "box:first").args(["line", "--from", &url]);
    assert_eq!(run_with_input(&mut command, "").stdout, "◆1\n");
    // A reader that stays lives through new credentials.
    let mut command = serve_command(&reader, 0);
    command.args(["--from", &url, "--credentials", &path]);
    let server = Server::spawn(&reader, command);
    server.wait_for_state("a", "waiting stop");
    nats.stop();
    let configuration = nats.directory().join("nats-server.conf");
    let text = fs_err::read_to_string(&configuration).unwrap();
    fs_err::write(&configuration, text.replace("first", "second")).unwrap();
    nats.run();
    assert!(becomes_true(|| server.log().contains("the server does not accept the credentials")), "{}", server.log());
    server.wait_for_state("a", "unreachable unreachable");
    write_credentials(&machine_home, "box:second");
    write_credentials(&reader, "box:second");
    server.wait_for_state("a", "waiting stop");
    alpha.run_hook("a", "UserPromptSubmit", "");
    server.wait_for_state("a", "working working");
    assert!(!server.log().contains("first") && !server.log().contains("second"), "{}", server.log());
}

#[test]
#[ignore = "needs nats-server"]
fn clients_of_the_stream_learn_which_machines_went_while_no_server_ran() {
    let nats = NatsServer::start();
    let (mut alpha, beta) = (Machine::start("alpha", &nats), Machine::start("beta", &nats));
    alpha.run_hook("a", "Stop", "");
    beta.run_hook("b", "Stop", "");
    let (reader, port) = (used_sandbox(), free_port());
    let start = || {
        let mut command = serve_command(&reader, port);
        command.args(["--from", &nats.url()]);
        Server::spawn(&reader, command)
    };
    let server = start();
    assert!(becomes_true(|| server.messages().len() == 2));
    let offset = server.get("/sessions").header("stream-next-offset").to_owned();
    server.send_signal("-TERM");
    server.wait();
    // A session leaves the bucket when its machine forgets it.
    alpha.kill();
    for signal in fs_err::read_dir(alpha.sandbox.signal_dir()).unwrap() {
        let path = signal.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            fs_err::remove_file(path).unwrap();
        }
    }
    alpha.publish();
    let other = Sandbox::new();
    assert!(becomes_true(|| !run(&other, &["--from", &nats.url()]).stdout.contains("on alpha")));
    let server = start();
    let mut operations: Vec<_> = server
        .get(&format!("/sessions?offset={offset}"))
        .messages()
        .iter()
        .map(|message| format!("{} {}", message["headers"]["operation"], message["key"]).replace('"', ""))
        .collect();
    operations.sort();
    assert_eq!(operations, ["delete alpha:a", "upsert beta:b"]);
}

#[test]
#[ignore = "needs nats-server"]
fn a_need_on_another_machine_calls_once_although_the_machine_is_lost_meanwhile() {
    let nats = NatsServer::start();
    let mut alpha = Machine::start("alpha", &nats);
    let mut cli = ClaudeProcess::start(&alpha.sandbox);
    cli.run_hook("a", "UserPromptSubmit", r#""cwd":"/srv/web""#).assert_success();
    let (reader, url) = (used_sandbox(), nats.url());
    let sees = |state: &str| {
        let state = json!(state);
        let sessions: Vec<Value> = serde_json::from_str(&run(&reader, &["--json", "--from", &url]).stdout).unwrap();
        sessions.iter().any(|session| session["state"] == state)
    };
    assert!(becomes_true(|| sees("working")));
    let mut notify = Command::new(executable_path("sessions"));
    notify.args(["notify", "--notify", "exec:true", "--after", "0s", "--from", &url]);
    notify.env_clear().env("HOME", reader.home()).env("PATH", std::env::var_os("PATH").unwrap());
    let mut notify = KilledAtEnd(notify.stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(notify.0.stdout.take().unwrap()).lines();
    cli.run_hook("a", "PermissionRequest", &format!(r#""cwd":"/srv/web",{BASH}"#)).assert_success();
    assert_eq!(lines.next().unwrap().unwrap(), "▲ web on alpha needs approval: on alpha: Bash: ls");
    alpha.kill();
    assert!(becomes_true(|| sees("unreachable")));
    alpha.publish();
    assert!(becomes_true(|| sees("permission")));
    cli.run_hook("a", "PostToolUse", &format!(r#""cwd":"/srv/web",{BASH}"#)).assert_success();
    cli.run_hook("a", "Stop", r#""cwd":"/srv/web","last_assistant_message":"done""#).assert_success();
    assert_eq!(lines.next().unwrap().unwrap(), "✓ over: web on alpha needs approval");
    assert_eq!(lines.next().unwrap().unwrap(), "◆ web on alpha waits for you: on alpha: done");
}

#[test]
#[ignore = "needs nats-server and tmux"]
fn watching_shows_which_machine_is_lost_and_goes_on_when_it_is_back() {
    let mut nats = NatsServer::start();
    let mut alpha = Machine::start("alpha", &nats);
    alpha.run_hook("there", "UserPromptSubmit", r#""cwd":"/srv/there","prompt":"work there""#);
    // This machine has no Claude Code.
    let reader = Sandbox::new();
    let terminal = Terminal::open_sized(&reader, 120, 16);
    let command = format!("{} --watch --from {}", executable_path("sessions").display(), nats.url());
    terminal.type_keys(&[&command, "Enter"]);
    terminal.wait_for_screen(|screen| screen.contains("● working") && screen.contains("on alpha: work there"));
    alpha.kill();
    terminal.wait_for_screen(|screen| screen.contains("? unreachable") && !screen.contains("working"));
    alpha.publish();
    terminal.wait_for_screen(|screen| screen.contains("● working") && !screen.contains("unreachable"));
    nats.stop();
    let line = format!("{}: ", nats.url());
    terminal.wait_for_screen(|screen| screen.contains(&line));
    // Nothing comes from the machine any more, although it is there.
    terminal.wait_for_screen(|screen| screen.contains("? unreachable"));
    nats.run();
    terminal.wait_for_screen(|screen| screen.contains("● working") && !screen.contains(&line));
    terminal.type_keys(&["q"]);
    terminal.wait_for_screen(|screen| !screen.contains("● working"));
}

#[test]
fn two_ways_to_one_machine_exclude_each_other_and_addresses_hold_no_password() {
    let sandbox = Sandbox::new();
    for (arguments, reason) in [
        (&["--ssh", "box", "--from", "tls://nats.example.org"][..], "cannot be used with"),
        (&["--from", "nats://nats.example.org"], "not encrypted"),
        (&["--from", "tls://me:secret@nats.example.org"], "--credentials"),
        (&["line", "--from", "nats.example.org"], "tls://"),
    ] {
        let outcome = run(&sandbox, arguments);
        assert_eq!((outcome.code, &*outcome.stdout), (Some(2), ""), "{arguments:?}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

#[test]
#[ignore = "needs nats-server, node and packages from npm"]
fn dashboards_show_the_sessions_of_other_machines_and_refuse_no_value() {
    for libraries in [OF_DASHBOARDS, NEWEST] {
        let nats = NatsServer::start();
        let mut alpha = Machine::start("alpha", &nats);
        let mut cli = ClaudeProcess::start(&alpha.sandbox);
        let port = free_port();
        let reader = Sandbox::new();
        let mut command = serve_command(&reader, port);
        command.args(["--from", &nats.url()]);
        let server = Server::spawn(&reader, command);
        reader.run_hook("same", "UserPromptSubmit", r#""prompt":"work""#).assert_success();
        cli.run_hook("same", "PermissionRequest", BASH).assert_success();
        let mut dashboard = Dashboard::start_reader(&libraries, port);
        let mut shows = |own: &str, other: &str| {
            let expected = json!({"same": format!("Other {own}"), "alpha:same": format!("Other {other}")});
            assert!(
                becomes_true(|| json!(dashboard.shown()) == expected),
                "{:?} and not {expected}",
                dashboard.shown()
            );
        };
        shows("working", "needs-approval");
        alpha.kill();
        shows("working", "idle");
        alpha.publish();
        shows("working", "needs-approval");
        cli.run_hook("same", "Stop", "").assert_success();
        shows("working", "waiting");
        assert!(dashboard.assert_values_are_valid() >= 5);
        drop(dashboard);
        drop(server);
    }
}

#[test]
#[ignore = "needs nats-server, chromium, node and packages from npm"]
fn the_page_names_filters_and_groups_the_machines() {
    let nats = NatsServer::start();
    let (mut alpha, beta) = (Machine::start("alpha", &nats), Machine::start("beta", &nats));
    alpha.run_hook("a", "UserPromptSubmit", r#""cwd":"/srv/web","prompt":"work""#);
    beta.run_hook("b", "PermissionRequest", &format!(r#""cwd":"/srv/web",{BASH}"#));
    let reader = Sandbox::new();
    reader.run_hook("own", "Stop", r#""cwd":"/srv/web""#).assert_success();
    let mut command = serve_command(&reader, 0);
    command.args(["--from", &nats.url()]);
    let server = Server::spawn(&reader, command);
    let mut browser = Browser::open(&server);
    browser.send_order("see alpha:a working");
    browser.send_order("see beta:b permission");
    assert_eq!(browser.send_order("part alpha:a machine"), "alpha");
    assert_eq!(browser.send_order("part own machine"), Value::Null);
    let groups = |browser: &mut Browser| {
        let groups = browser.send_order("groups");
        let shown =
            groups.as_array().unwrap().iter().filter(|group| group[1].as_array().is_some_and(|keys| !keys.is_empty()));
        json!(shown.collect::<Vec<_>>())
    };
    browser.send_order("keys g g");
    let by_machine = json!([["beta 1", ["beta:b"]], ["This machine 1", ["own"]], ["alpha 1", ["alpha:a"]]]);
    assert_eq!(groups(&mut browser), by_machine);
    assert_eq!(browser.send_order("page")["address"], "?group=machine");
    browser.send_order("keys g");
    browser.send_order("choose #machine alpha");
    assert_eq!(groups(&mut browser), json!([["Working 1", ["alpha:a"]]]));
    assert_eq!(browser.send_order("page")["address"], "?machine=alpha");
    browser.send_order("go ?machine=%2F");
    browser.send_order("wait li.card");
    assert_eq!(groups(&mut browser), json!([["Waiting for you 1", ["own"]]]));
    browser.send_order("keys Escape");
    browser.send_order("keys /");
    browser.send_order("type beta");
    assert_eq!(groups(&mut browser), json!([["Needs approval 1", ["beta:b"]]]));
    browser.send_order("keys Escape");
    browser.send_order("click li[data-key='alpha:a'] .copy-resume");
    let command = "ssh -t alpha 'cd /srv/web && claude --resume a'";
    assert!(becomes_true(|| browser.send_order("clipboard") == command), "{}", browser.send_order("clipboard"));
    // A machine that cannot be reached does not count, and is back.
    alpha.kill();
    browser.send_order("see alpha:a unreachable");
    let shown = groups(&mut browser);
    assert_eq!(shown.as_array().unwrap().last(), Some(&json!(["Unreachable 1", ["alpha:a"]])), "{shown}");
    assert_eq!(browser.send_order("part alpha:a text"), "the machine cannot be reached");
    let board = browser.send_order("board");
    assert_eq!((&board["title"], &board["errors"]), (&json!("(2) sessions"), &json!([])));
    alpha.publish();
    browser.send_order("see alpha:a working");
}

#[test]
#[ignore = "needs nats-server"]
fn a_reading_ends_although_entries_are_replaced_meanwhile() {
    let nats = NatsServer::start();
    let alpha = Machine::start("alpha", &nats);
    for number in 0..50 {
        alpha.run_hook(&format!("s{number}"), "Stop", "");
    }
    let (reader, bucket) = (Sandbox::new(), PublishedBucket::of(&nats));
    assert!(becomes_true(|| bucket.sessions("alpha").len() == 50));
    let expected = alpha.listed();
    let is_over = AtomicBool::new(false);
    let write_beats = async |jetstream: &Context| {
        while !is_over.load(Ordering::Relaxed) {
            for number in 0..20 {
                let beat = r#"{"instance":"i","run":"r","version":"1","interval":30,"lease":90}"#;
                let written = jetstream.publish(format!("$KV.sessions.h.other{number}"), beat.into()).await.unwrap();
                written.await.unwrap();
            }
        }
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        scope.spawn(|| bucket.run(write_beats));
        let outcomes = (0..40).map(|_| run(&reader, &["--json", "--from", &nats.url()])).collect();
        is_over.store(true, Ordering::Relaxed);
        outcomes
    });
    for outcome in outcomes {
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""));
        assert_eq!(by_key(serde_json::from_str(&outcome.stdout).unwrap()), expected);
    }
}
