//! What the events of the module change, and which time they have.

use std::time::{Duration, SystemTime};

use session_signals_protocol::MODULE_EVENT_RULES;
use session_signals_protocol::runtime::MAX_EVENT_AGE;

use crate::hooks::steps::{AGENT_RUNS, AGENTS_BASH, BASH, EDIT, NONE_RUNS, run_steps};
use crate::sandbox::{ClaudeProcess, Sandbox};

/// Returns the member that says when the module saw an event, as of this age.
fn seen(age: Duration) -> String {
    let time = (SystemTime::now() - age).duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!(r#""seen_at":"{}.{:09}""#, time.as_secs(), time.subsec_nanos())
}

#[test]
fn the_turn_of_a_queued_prompt_and_its_end_are_told() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("UserPromptSubmit", "", "working"),
            ("Stop", "", "stop"),
            ("TurnStart", "", "working"),
            ("TurnEnd", r#""reason":"aborted""#, "stop"),
            ("TurnStart", "", "working"),
            ("PermissionRequest", BASH, "working permission(Bash)"),
            ("TurnEnd", r#""reason":"answer""#, "stop"),
            ("StopBlocked", "", "working"),
            ("Stop", "", "stop"),
            ("CommandStart", "", "working"),
            ("CommandEnd", "", "stop"),
            ("UserPromptSubmit", "", "working"),
            ("PromptDropped", "", "stop"),
        ],
    );
}

#[test]
fn an_event_of_the_module_does_not_replace_what_a_hook_has_told() {
    let sandbox = Sandbox::new();
    let told = |kind: &str| sandbox.read_signal("s", kind)["hook_event_name"].clone();
    run_steps(
        &sandbox,
        &[("UserPromptSubmit", "", "working"), ("TurnStart", "", "working"), ("CommandStart", "", "working")],
    );
    assert_eq!(told("working"), "UserPromptSubmit");
    run_steps(&sandbox, &[("Stop", "", "stop"), ("TurnEnd", "", "stop"), ("CommandEnd", "", "stop")]);
    assert_eq!(told("stop"), "Stop");
    run_steps(&sandbox, &[("Stop", AGENT_RUNS, "working"), ("TurnEnd", AGENT_RUNS, "working")]);
    assert_eq!(told("working"), "Stop");
}

#[test]
fn an_end_leaves_a_session_working_while_a_subagent_works() {
    let sandbox = Sandbox::new();
    for event in ["TurnEnd", "CommandEnd", "PromptDropped", "AgentEnd"] {
        run_steps(
            &sandbox,
            &[("UserPromptSubmit", "", "working"), (event, AGENT_RUNS, "working"), (event, NONE_RUNS, "stop")],
        );
    }
}

#[test]
fn an_answer_resolves_its_own_call_and_no_other() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("UserPromptSubmit", "", "working"),
            ("PermissionRequest", BASH, "working permission(Bash)"),
            ("PermissionRequest", EDIT, "working permission(Bash,Edit)"),
            ("PermissionRequest", AGENTS_BASH, "working permission(Bash,Edit,Bash@a1b2)"),
            ("CallAnswered", BASH, "working permission(Edit,Bash@a1b2)"),
            ("CallAnswered", AGENTS_BASH, "working permission(Edit)"),
            ("CallAnswered", AGENTS_BASH, "working permission(Edit)"),
            ("CallAnswered", EDIT, "working"),
        ],
    );
}

#[test]
fn an_event_of_the_module_needs_a_stored_signal() {
    for rule in &MODULE_EVENT_RULES {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", rule.event, BASH).assert_success();
        assert!(!sandbox.signal_dir().exists(), "{}", rule.event);
    }
}

#[test]
fn an_event_has_the_time_at_which_the_module_saw_it() {
    let sandbox = Sandbox::new();
    // The module saw that the turn began before it ended, and its process started after the end.
    let before = seen(Duration::ZERO);
    run_steps(&sandbox, &[("UserPromptSubmit", "", "working"), ("Stop", "", "stop"), ("TurnStart", &before, "stop")]);
    let after = seen(Duration::ZERO);
    run_steps(&sandbox, &[("TurnStart", &after, "working")]);
    let signal = sandbox.read_signal("s", "working");
    assert_eq!(signal["working_since"], signal["seen_at"]);
}

#[test]
fn a_time_that_cannot_be_is_not_taken() {
    let age = Duration::from_nanos(MAX_EVENT_AGE) + Duration::from_secs(1);
    let future = SystemTime::now() + Duration::from_secs(60);
    let future = future.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let future = format!(r#""seen_at":"{future}.000000000""#);
    for member in [&seen(age), &future, r#""seen_at":"soon""#, r#""seen_at":7"#, r#""seen_at":null"#] {
        let sandbox = Sandbox::new();
        run_steps(&sandbox, &[("Stop", "", "stop"), ("TurnStart", member, "working")]);
        let since = sandbox.read_signal("s", "working")["working_since"].as_str().unwrap().parse::<f64>().unwrap();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        assert!((now - since).abs() < 5.0, "{member}");
    }
}

#[test]
fn an_event_may_be_that_of_another_process() {
    let sandbox = Sandbox::new();
    let other = ClaudeProcess::start(&sandbox);
    let cli_pid = format!(r#""cli_pid":{}"#, other.pid());
    run_steps(
        &sandbox,
        &[
            ("SessionEnd", "", "ended"),
            ("TurnStart", &cli_pid, "working"),
            ("SessionEnd", "", "ended"),
            ("TurnEnd", &cli_pid, "stop"),
        ],
    );
    assert_eq!(sandbox.read_signal("s", "stop")["claude_pid"], other.pid());
    // A process that is not the CLI is not named.
    let own_pid = format!(r#""cli_pid":{}"#, std::process::id());
    run_steps(&sandbox, &[("SessionEnd", "", "ended"), ("TurnStart", &own_pid, "working")]);
    assert!(sandbox.read_signal("s", "working").get("claude_pid").is_none());
}

#[test]
fn a_hook_refuses_the_events_of_the_other_part_of_the_table() {
    let sandbox = Sandbox::new();
    for (name, event) in [("hook-mod", "Stop"), ("hook-stop", "TurnEnd")] {
        let outcome = sandbox.run_executable(name, crate::sandbox::payload("s", event, ""));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(!sandbox.signal_dir().exists());
    }
}
