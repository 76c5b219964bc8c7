//! Events whose hooks run late, twice or in another order.

use std::time::{Duration, SystemTime};

use crate::hooks::steps::{AGENT, AGENT_RUNS, AGENTS_BASH, BASH, EDIT, NONE_RUNS, run_steps};
use crate::sandbox::{Sandbox, set_modified};

#[test]
fn a_late_result_does_not_restart_a_session_that_stopped() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
    let late = sandbox.start_hook("PostToolUse");
    sandbox.run_hook("s", "Stop", AGENT_RUNS).assert_success();
    sandbox.run_hook("s", "Stop", "").assert_success();
    late.write_payload_and_wait("s", "PostToolUse", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
fn a_late_result_resolves_its_own_call() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "PermissionRequest", AGENTS_BASH).assert_success();
    let late = sandbox.start_hook("PostToolUse");
    sandbox.run_hook("s", "Stop", AGENT_RUNS).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash@a1b2)");
    late.write_payload_and_wait("s", "PostToolUse", AGENTS_BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working");
}

#[test]
fn a_late_result_does_not_make_the_list_look_older() {
    let sandbox = Sandbox::new();
    let modified = || fs_err::metadata(sandbox.signal_path("s", "permission")).unwrap().modified().unwrap();
    sandbox.run_hook("s", "PermissionRequest", EDIT).assert_success();
    let late = sandbox.start_hook("PostToolUse");
    sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
    let before = modified();
    late.write_payload_and_wait("s", "PostToolUse", EDIT).assert_success();
    // The new version has another time, and only by one nanosecond.
    let after = before + std::time::Duration::from_nanos(1);
    assert_eq!((sandbox.describe_signals("s"), modified()), ("permission(Bash)".to_owned(), after));
}

#[test]
fn a_late_event_does_not_bring_back_a_session_that_ended() {
    for (event, members) in
        [("Stop", ""), ("PostToolUse", BASH), ("UserPromptSubmit", ""), ("PermissionRequest", AGENTS_BASH)]
    {
        let sandbox = Sandbox::new();
        let late = sandbox.start_hook(event);
        sandbox.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
        sandbox.run_hook("t", "SessionStart", r#""source":"clear""#).assert_success();
        late.write_payload_and_wait("s", event, members).assert_success();
        assert_eq!(
            (sandbox.describe_signals("s"), sandbox.describe_signals("t")),
            ("ended".into(), "stop".into()),
            "{event}"
        );
    }
}

#[test]
fn calls_are_listed_in_the_order_of_their_events() {
    let sandbox = Sandbox::new();
    let older = sandbox.start_hook("PermissionRequest");
    sandbox.run_hook("s", "PermissionRequest", EDIT).assert_success();
    older.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "permission(Bash,Edit)");
    let since = |call: usize| sandbox.read_signal("s", "permission")["pending"][call]["pending_since"].clone();
    assert!(since(0).as_str() < since(1).as_str());
    assert_eq!(sandbox.read_signal("s", "permission")["pending_since"], since(0));
}

#[test]
fn an_event_that_is_handled_twice_counts_once() {
    let sandbox = Sandbox::new();
    let (one, two) = (sandbox.start_hook("PermissionRequest"), sandbox.start_hook("PermissionRequest"));
    one.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
    two.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "permission(Bash)");
    let (one, two) = (sandbox.start_hook("Stop"), sandbox.start_hook("Stop"));
    two.write_payload_and_wait("s", "Stop", "").assert_success();
    one.write_payload_and_wait("s", "Stop", "").assert_success();
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
fn a_request_that_is_handled_after_its_result_is_resolved_by_the_batch_or_the_turn() {
    for (event, members) in [("PostToolBatch", ""), ("Stop", NONE_RUNS), ("UserPromptSubmit", ""), ("StopFailure", "")]
    {
        let sandbox = Sandbox::new();
        let request = sandbox.start_hook("PermissionRequest");
        sandbox.run_hook("s", "PostToolUse", BASH).assert_success();
        request.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
        assert_eq!(sandbox.describe_signals("s"), "permission(Bash)");
        sandbox.run_hook("s", event, members).assert_success();
        assert!(!sandbox.describe_signals("s").contains("permission"), "{event}");
    }
}

#[test]
fn a_request_that_is_handled_after_a_newer_stop_is_listed_only_for_a_subagent() {
    let sandbox = Sandbox::new();
    let (agents, own) = (sandbox.start_hook("PermissionRequest"), sandbox.start_hook("PermissionRequest"));
    sandbox.run_hook("s", "Stop", AGENT_RUNS).assert_success();
    agents.write_payload_and_wait("s", "PermissionRequest", AGENTS_BASH).assert_success();
    own.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash@a1b2)");
}

#[test]
fn an_event_does_not_resolve_a_newer_call() {
    for event in ["PostToolBatch", "SubagentStop"] {
        let sandbox = Sandbox::new();
        let batch = sandbox.start_hook(event);
        sandbox.run_hook("s", "PermissionRequest", AGENTS_BASH).assert_success();
        batch.write_payload_and_wait("s", event, AGENT).assert_success();
        assert_eq!(sandbox.describe_signals("s"), "permission(Bash@a1b2)", "{event}");
    }
}

#[test]
fn a_request_of_a_turn_that_went_on_after_a_blocked_stop_is_not_late() {
    let sandbox = Sandbox::new();
    // Another hook blocked the Stop. Two tools run at the same time. One asks and the other one ends, and the second hook is
    // faster.
    sandbox.run_hook("s", "Stop", "").assert_success();
    let request = sandbox.start_hook("PermissionRequest");
    sandbox.run_hook("s", "PostToolUse", EDIT).assert_success();
    request.write_payload_and_wait("s", "PermissionRequest", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash)");
}

#[test]
fn no_event_is_late_after_the_clock_is_set_back() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
    sandbox.run_hook("s", "Stop", AGENT_RUNS).assert_success();
    let future = SystemTime::now() + Duration::from_secs(3600);
    for file in sandbox.list_signal_dir() {
        set_modified(&sandbox.signal_dir().join(file), future);
    }
    run_steps(&sandbox, &[("Stop", "", "stop"), ("UserPromptSubmit", "", "working"), ("SessionEnd", "", "ended")]);
}
