//! What the registry and the processes say about a session, beside its signals.

use serde_json::{Value, json};

use super::list::json;
use super::registry_entry::write_registry_entry;
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, set_modified};
use crate::serve::server::becomes_true;

/// Writes the registry entry of the session "s", with a status that has not changed for a long time.
fn register(sandbox: &Sandbox, cli: &ClaudeProcess, members: &Value) {
    let start = session_signals_protocol::cli_process::read_stat(cli.pid()).unwrap().start.to_string();
    let mut entry =
        json!({"pid": cli.pid(), "sessionId": "s", "procStart": start, "startedAt": 1, "statusUpdatedAt": 1});
    entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    write_registry_entry(sandbox, cli.pid(), &entry);
}

/// Makes every signal a minute old.
fn make_signals_old(sandbox: &Sandbox) {
    // All get the same time.
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    for name in sandbox.list_signal_dir() {
        set_modified(&sandbox.signal_dir().join(name), then);
    }
}

/// Waits until the session is in this state by this rule.
#[track_caller]
fn wait_for_state(sandbox: &Sandbox, state: &str, rule: &str) {
    let current = || json(sandbox, &["--all"]).first().map(|found| (found["state"].clone(), found["rule"].clone()));
    let expected = Some((json!(state), json!(rule)));
    assert!(becomes_true(|| current() == expected), "{expected:?}, but {:?}", current());
}

#[test]
fn an_end_ends_only_the_process_that_it_names() {
    let sandbox = Sandbox::new();
    let mut first = ClaudeProcess::start(&sandbox);
    first.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    first.run_hook("s", "UserPromptSubmit", r#""prompt":"go""#).assert_success();
    // Another process with the same session id, as `claude -p --resume` makes it.
    let mut second = ClaudeProcess::start(&sandbox);
    for (event, members) in [("SessionStart", r#""source":"resume""#), ("UserPromptSubmit", ""), ("Stop", "")] {
        second.run_hook("s", event, members).assert_success();
    }
    register(&sandbox, &first, &json!({"status": "idle"}));
    second.run_hook("s", "SessionEnd", "").assert_success();
    drop(second);
    let found = json(&sandbox, &["--all"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["state"], "waiting", "{found:?}");
    drop(first);
    assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
}

#[test]
fn of_two_processes_of_a_session_the_busy_one_decides_the_state() {
    let busy = (json!({"status": "busy"}), "working", "queued");
    let asks = (json!({"status": "waiting", "waitingFor": "permission prompt"}), "permission", "asks");
    for (entry, state, rule) in [busy, asks] {
        // One of the two processes ends, with a SessionEnd event or without.
        for (idle_ends, has_end) in [(true, true), (true, false), (false, true), (false, false)] {
            let sandbox = Sandbox::new();
            let [mut idle, mut other] = [ClaudeProcess::start(&sandbox), ClaudeProcess::start(&sandbox)];
            idle.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
            other.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
            other.run_hook("s", "Stop", "").assert_success();
            register(&sandbox, &idle, &json!({"status": "idle"}));
            register(&sandbox, &other, &entry);
            make_signals_old(&sandbox);
            wait_for_state(&sandbox, state, rule);
            let (mut ends, stays) = if idle_ends { (idle, other) } else { (other, idle) };
            if has_end {
                ends.run_hook("s", "SessionEnd", "").assert_success();
                make_signals_old(&sandbox);
            }
            drop(ends);
            match (idle_ends, has_end) {
                // Its SessionEnd deleted the signals.
                (true, true) => wait_for_state(&sandbox, state, if state == "working" { "busy" } else { rule }),
                (true, false) => wait_for_state(&sandbox, state, rule),
                (false, _) => wait_for_state(&sandbox, "waiting", "idle"),
            }
            drop(stays);
            assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
        }
    }
}

#[test]
fn the_signals_of_a_dead_process_say_nothing_about_a_living_one() {
    let sandbox = Sandbox::new();
    let [mut first, mut second] = [ClaudeProcess::start(&sandbox), ClaudeProcess::start(&sandbox)];
    second.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    first.run_hook("s", "PermissionRequest", BASH).assert_success();
    second.run_hook("s", "PreCompact", "").assert_success();
    let listed = || json(&sandbox, &["--all"]).remove(0);
    assert_eq!((listed()["state"].clone(), listed()["pid"].clone()), (json!("permission"), json!(second.pid())));
    drop(second);
    assert_eq!((listed()["rule"].clone(), listed()["pid"].clone()), (json!("permission"), json!(first.pid())));
    drop(first);
    assert_eq!(listed()["rule"], "killed");
}

#[test]
fn a_spare_process_of_the_background_service_is_listed_when_it_is_used() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    register(&sandbox, &cli, &json!({"status": "idle", "kind": "bg", "spare": true}));
    assert_eq!(json(&sandbox, &["--all"]).len(), 0);
    register(&sandbox, &cli, &json!({"status": "idle", "kind": "bg", "spare": false}));
    wait_for_state(&sandbox, "waiting", "started");
}

#[test]
fn a_window_that_handed_its_session_over_has_no_session() {
    let sandbox = Sandbox::new();
    let mut window = ClaudeProcess::start(&sandbox);
    window.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    let parked = json!({"status": "idle", "kind": "interactive", "parkedJobId": "895ffc8e"});
    register(&sandbox, &window, &parked);
    assert_eq!(json(&sandbox, &["--all"]).len(), 0);
    // The session goes on in a process without a registry entry; then the process has one.
    let mut other = ClaudeProcess::start(&sandbox);
    other.run_hook("s", "UserPromptSubmit", "").assert_success();
    wait_for_state(&sandbox, "working", "working");
    register(&sandbox, &other, &json!({"status": "busy", "kind": "bg"}));
    wait_for_state(&sandbox, "working", "busy");
    drop(other);
    assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
}
