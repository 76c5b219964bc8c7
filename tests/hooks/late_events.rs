//! Events whose hooks run late, twice or in another order.

use std::time::{Duration, SystemTime};

use crate::hooks::steps::{AGENT, AGENT_RUNS, AGENTS_BASH, BASH, EDIT, NONE_RUNS, run_steps};
use crate::sandbox::Sandbox;

#[test]
fn a_late_result_does_not_restart_a_session_that_stopped() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    sandbox.fire("s", "Stop", "").succeeds();
    late.feed("s", "PostToolUse", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_late_result_resolves_its_own_call() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash@a1b2)");
    late.feed("s", "PostToolUse", AGENTS_BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working");
}

#[test]
fn a_late_result_does_not_make_the_list_look_older() {
    let sandbox = Sandbox::new();
    let modified = || fs_err::metadata(sandbox.signal("s", "permission")).unwrap().modified().unwrap();
    sandbox.fire("s", "PermissionRequest", EDIT).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    let before = modified();
    late.feed("s", "PostToolUse", EDIT).succeeds();
    // The new version has another time, and only by one nanosecond.
    let after = before + std::time::Duration::from_nanos(1);
    assert_eq!((sandbox.state("s"), modified()), ("permission(Bash)".to_owned(), after));
}

#[test]
fn a_late_event_does_not_bring_back_a_session_that_ended() {
    for (event, members) in
        [("Stop", ""), ("PostToolUse", BASH), ("UserPromptSubmit", ""), ("PermissionRequest", AGENTS_BASH)]
    {
        let sandbox = Sandbox::new();
        let late = sandbox.hold(event);
        sandbox.fire("s", "SessionEnd", r#""reason":"clear""#).succeeds();
        sandbox.fire("t", "SessionStart", r#""source":"clear""#).succeeds();
        late.feed("s", event, members).succeeds();
        assert_eq!((sandbox.state("s"), sandbox.state("t")), ("ended".into(), "stop".into()), "{event}");
    }
}

#[test]
fn calls_are_listed_in_the_order_of_their_events() {
    let sandbox = Sandbox::new();
    let older = sandbox.hold("PermissionRequest");
    sandbox.fire("s", "PermissionRequest", EDIT).succeeds();
    older.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "permission(Bash,Edit)");
    let since = |call: usize| sandbox.read("s", "permission")["pending"][call]["pending_since"].clone();
    assert!(since(0).as_str() < since(1).as_str());
    assert_eq!(sandbox.read("s", "permission")["pending_since"], since(0));
}

#[test]
fn an_event_that_is_handled_twice_counts_once() {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.hold("PermissionRequest"), sandbox.hold("PermissionRequest"));
    one.feed("s", "PermissionRequest", BASH).succeeds();
    two.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "permission(Bash)");
    let (one, two) = (sandbox.hold("Stop"), sandbox.hold("Stop"));
    two.feed("s", "Stop", "").succeeds();
    one.feed("s", "Stop", "").succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_request_that_is_handled_after_its_result_is_resolved_by_the_batch_or_the_turn() {
    for (event, members) in [("PostToolBatch", ""), ("Stop", NONE_RUNS), ("UserPromptSubmit", ""), ("StopFailure", "")]
    {
        let sandbox = Sandbox::new();
        let request = sandbox.hold("PermissionRequest");
        sandbox.fire("s", "PostToolUse", BASH).succeeds();
        request.feed("s", "PermissionRequest", BASH).succeeds();
        assert_eq!(sandbox.state("s"), "permission(Bash)");
        sandbox.fire("s", event, members).succeeds();
        assert!(!sandbox.state("s").contains("permission"), "{event}");
    }
}

#[test]
fn a_request_that_is_handled_after_a_newer_stop_is_listed_only_for_a_subagent() {
    let sandbox = Sandbox::new();
    let (agents, own) = (sandbox.hold("PermissionRequest"), sandbox.hold("PermissionRequest"));
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    agents.feed("s", "PermissionRequest", AGENTS_BASH).succeeds();
    own.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash@a1b2)");
}

#[test]
fn an_event_does_not_resolve_a_newer_call() {
    for event in ["PostToolBatch", "SubagentStop"] {
        let sandbox = Sandbox::new();
        let batch = sandbox.hold(event);
        sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
        batch.feed("s", event, AGENT).succeeds();
        assert_eq!(sandbox.state("s"), "permission(Bash@a1b2)", "{event}");
    }
}

#[test]
fn a_request_of_a_turn_that_went_on_after_a_blocked_stop_is_not_late() {
    let sandbox = Sandbox::new();
    // Another hook blocked the Stop. Two tools run at the same time. One asks and the other one ends, and the second hook is
    // faster.
    sandbox.fire("s", "Stop", "").succeeds();
    let request = sandbox.hold("PermissionRequest");
    sandbox.fire("s", "PostToolUse", EDIT).succeeds();
    request.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash)");
}

#[test]
fn no_event_is_late_after_the_clock_is_set_back() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    let future = SystemTime::now() + Duration::from_secs(3600);
    for file in sandbox.files() {
        fs_err::OpenOptions::new()
            .write(true)
            .open(sandbox.spool().join(file))
            .unwrap()
            .file()
            .set_modified(future)
            .unwrap();
    }
    run_steps(&sandbox, &[("Stop", "", "stop"), ("UserPromptSubmit", "", "working"), ("SessionEnd", "", "ended")]);
}
