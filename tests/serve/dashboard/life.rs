//! Lives of sessions, as a dashboard shows them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use session_signals_protocol::EVENT_RULES;

use super::{Dashboard, Libraries, NEWEST, OF_DASHBOARDS};
use crate::sandbox::{ClaudeProcess, Sandbox, create_checkout};
use crate::serve::server::{Server, becomes_true, free_port};
use crate::sessions::list;
use crate::sessions::registry_entry::write_registry_entry;

/// A password that must not appear anywhere.
const PASSWORD: &str = "ghp_hunter2";

/// Makes three checkouts: two of hosts, the first one with a password, and one that came from nowhere.
fn create_checkouts(sandbox: &Sandbox) -> [PathBuf; 3] {
    [
        ("one", "main", &*format!("https://jane:{PASSWORD}@git.example.com/team/one.git")),
        ("two", "fix/a-b", "git@git.example.com:team/two.git"),
        ("three", "main", "/srv/three"),
    ]
    .map(|(name, branch, remote)| {
        let directory = sandbox.home().join(name);
        create_checkout(&directory, branch, remote);
        directory
    })
}

/// Writes a transcript of a prompt, a call and an answer, and returns its path.
fn write_transcript(sandbox: &Sandbox, session: &str, prompt: &str) -> PathBuf {
    let lines = [
        json!({"type": "user", "message": {"role": "user", "content": prompt}}),
        json!({"type": "assistant", "message": {"content": [
            {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "cargo test"}}]}}),
        json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t"}]}}),
        json!({"type": "assistant", "message": {"content": [{"type": "text", "text": "All **tests** pass."}]}}),
    ];
    let path = sandbox.home().join(format!("{session}.jsonl"));
    fs_err::write(&path, lines.map(|line| format!("{line}\n")).concat()).unwrap();
    path
}

/// Members of payloads, some of which have unusual types and texts.
fn odd_members(number: usize, checkouts: &[PathBuf], transcript: &Path) -> Value {
    let texts = ["go", "", "  \n", "\u{1b}[31m<b>&\"'\u{0}", &"long ".repeat(20_000), "日本語 👩‍👩‍👧"];
    let text = texts[number % texts.len()];
    let directories =
        [json!(checkouts[0]), json!(checkouts[1]), json!(checkouts[2]), json!("/"), Value::Null, json!(7)];
    let transcripts = [json!(transcript), json!("/nonexistent"), json!("/dev/zero"), Value::Null, json!({})];
    let inputs = [json!({"command": text}), json!({"file_path": 3}), json!([text]), Value::Null, json!({})];
    let tasks = [json!([{"type": "shell", "status": "running", "description": text}]), json!("none"), json!([])];
    json!({
        "cwd": directories[number / 3 % directories.len()],
        "transcript_path": transcripts[number / 7 % transcripts.len()],
        "prompt": text,
        "last_assistant_message": if number.is_multiple_of(4) { Value::Null } else { json!(text) },
        "error": text,
        "reason": text,
        "tool_name": if number.is_multiple_of(5) { json!(number) } else { json!("Bash") },
        "tool_input": inputs[number / 2 % inputs.len()],
        "background_tasks": tasks[number % tasks.len()],
    })
}

fn live_a_long_life(libraries: &Libraries) {
    const STEPS: usize = 240;
    let sandbox = Sandbox::new();
    let checkouts = create_checkouts(&sandbox);
    let transcript = write_transcript(&sandbox, "t", "Fix the tests");
    let mut cli = ClaudeProcess::start(&sandbox);
    let port = free_port();
    let mut server = Server::start_on_port(&sandbox, port);
    let mut dashboard = Dashboard::start_reader(libraries, port);
    for step in 0..STEPS {
        let (session, rule) = (format!("s{}", step * 7 % 12), &EVENT_RULES[step * 5 % EVENT_RULES.len()]);
        let event = rule.event;
        let members = odd_members(step, &checkouts, &transcript).to_string();
        // Half of the sessions have a process that lives.
        let members = &members[1..members.len() - 1];
        let outcome = if step * 7 % 2 == 0 {
            cli.run_hook(&session, event, members)
        } else {
            sandbox.run_hook(&session, event, members)
        };
        outcome.assert_success();
        match step % 60 {
            20 => {
                let entry = json!({"pid": cli.pid(), "sessionId": "s2", "status": "busy", "name": "A <name>", "cwd": checkouts[1]});
                write_registry_entry(&sandbox, cli.pid(), &entry);
            }
            30 => fs_err::write(sandbox.signal_path("s3", "working"), "{}").unwrap(),
            40 => {
                drop(cli);
                cli = ClaudeProcess::start(&sandbox);
            }
            50 => {
                server.send_signal("-TERM");
                assert_eq!(server.wait(), Some(0));
                server = Server::start_on_port(&sandbox, port);
            }
            _ => {}
        }
        dashboard.assert_shows_what_sessions_lists(&sandbox, &format!("step {step}, {event} of {session}"));
    }
    let count = dashboard.assert_values_are_valid();
    println!("{}: {count} values", libraries.directory);
    assert!(count > STEPS as u64 / 2, "{count}");
    // Without its server, the old client ends the script with an error.
    drop(dashboard);
}

#[test]
#[ignore = "needs node and packages from npm"]
fn every_value_of_a_long_life_is_valid_and_shown_as_sessions_lists_it() {
    for libraries in [OF_DASHBOARDS, NEWEST] {
        live_a_long_life(&libraries);
    }
}

fn open_the_page_and_restart_the_server(libraries: &Libraries) {
    let sandbox = Sandbox::new();
    let [one, two, three] = create_checkouts(&sandbox);
    let port = free_port();
    let mut server = Server::start_on_port(&sandbox, port);
    let mut page = Dashboard::open_page(libraries, port);
    let transcript = write_transcript(&sandbox, "a", "Fix <b>the</b> tests\nof the parser");
    let prompt = json!({"cwd": one, "transcript_path": transcript, "prompt": "And the docs"});
    let request = json!({"cwd": two, "tool_name": "Edit", "tool_input": {"file_path": "/src/main.rs"}});
    for (session, event, members) in [
        ("a", "UserPromptSubmit", prompt),
        ("b", "PermissionRequest", request),
        ("c", "Stop", json!({"cwd": three})),
        ("d", "Stop", json!({})),
        ("e", "SessionEnd", json!({"cwd": one})),
    ] {
        let text = members.to_string();
        sandbox.run_hook(session, event, &text[1..text.len() - 1]).assert_success();
    }
    page.assert_shows_what_sessions_lists(&sandbox, "at first");
    let expected = json!({
        "a": "team/one working", "b": "team/two needs-approval", "c": "Other waiting", "d": "Other waiting",
    });
    assert_eq!(json!(page.shown()), expected);
    let card = json!({
        "goal": "Fix <b>the</b> tests of the parser",
        "cwd": one,
        "branch": "main",
        "prompt": "Fix <b>the</b> tests\nof the parser",
        "summary": "Fix <b>the</b> tests of the parser",
        "messages": "4 messages",
        "call": "",
        "output": "user: Fix <b>the</b> tests\nof the parser\ntool: Bash: cargo test\nassistant: All **tests** pass.",
    });
    assert_eq!(page.send_order("card a"), card);
    let card = page.send_order("card b");
    assert_eq!((&card["branch"], &card["call"]), (&json!("fix/a-b"), &json!("Edit: /src/main.rs")));
    assert_eq!(page.send_order("card d")["cwd"], "");
    let links = json!({
        "team/one": "https://git.example.com/team/one", "team/two": "https://git.example.com/team/two",
    });
    assert_eq!(page.send_order("links"), links);
    // The page goes on after each restart. The quickest one is printed, because the machine may be busy.
    let mut quickest = Duration::MAX;
    for (round, signal) in ["-TERM", "-KILL", "-TERM"].into_iter().enumerate() {
        // The old client gives up after three connections of less than a second each, whoever ends them.
        std::thread::sleep(Duration::from_millis(1200));
        server.send_signal(signal);
        server.wait();
        let (event, column) = [("UserPromptSubmit", "Other working"), ("Stop", "Other waiting")][round % 2];
        sandbox.run_hook("d", event, "").assert_success();
        server = Server::start_on_port(&sandbox, port);
        let started = Instant::now();
        assert!(becomes_true(|| page.shown()["d"] == column), "{round}: {}", page.send_order("page"));
        quickest = quickest.min(started.elapsed());
        page.assert_shows_what_sessions_lists(&sandbox, "after a restart");
    }
    println!("{}: the page went on {quickest:?} after a restart", libraries.directory);
    // It is the same page as at first. What a remote's address says of a user is nowhere.
    let state = page.send_order("page");
    assert_eq!((&state["loads"], &state["errors"]), (&json!(1), &json!([])));
    for text in
        [state["text"].to_string(), server.get("/sessions").body, list::sessions(&sandbox, &["--all", "--json"])]
    {
        assert!(text.contains("team/one") && !text.contains(PASSWORD) && !text.contains("jane"), "{text}");
    }
}

#[test]
#[ignore = "needs chromium, node and packages from npm"]
fn the_page_of_a_dashboard_shows_all_members_and_goes_on_after_a_restart() {
    for libraries in [OF_DASHBOARDS, NEWEST] {
        open_the_page_and_restart_the_server(&libraries);
    }
}
