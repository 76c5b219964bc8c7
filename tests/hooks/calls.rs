//! The calls that wait for the user's decision, and what resolves them.

use crate::hooks::steps::{AGENT_RUNS, AGENTS_BASH, BASH, EDIT, NONE_RUNS, run_steps};
use crate::sandbox::{Sandbox, payload};

#[test]
fn the_result_of_another_call_does_not_resolve_a_call() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("UserPromptSubmit", "", "working"),
            ("PermissionRequest", BASH, "working permission(Bash)"),
            ("PostToolUse", EDIT, "working permission(Bash)"),
            ("PostToolUse", r#""tool_name":"Bash","tool_input":{"command":"pwd"}"#, "working permission(Bash)"),
            ("PostToolUse", AGENTS_BASH, "working permission(Bash)"),
            ("PostToolUseFailure", BASH, "working"),
        ],
    );
}

#[test]
fn a_call_whose_input_was_changed_is_resolved_by_its_batch() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("PermissionRequest", AGENTS_BASH, "permission(Bash@a1b2)"),
            ("PermissionRequest", BASH, "permission(Bash@a1b2,Bash)"),
            ("PostToolUse", r#""tool_name":"Bash","tool_input":{"command":"ls -l"}"#, "permission(Bash@a1b2,Bash)"),
            ("PostToolBatch", r#""tool_calls":[]"#, "permission(Bash@a1b2)"),
            ("PostToolBatch", r#""agent_id":"a1b2c3","tool_calls":[]"#, ""),
        ],
    );
}

#[test]
fn a_question_is_the_same_call_when_the_answers_are_in_its_input() {
    for tool in ["AskUserQuestion", "ExitPlanMode"] {
        let call = |input: &str| format!(r#""tool_name":"{tool}","tool_input":{input}"#);
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "PermissionRequest", &call(r#"{"questions":[]}"#)).assert_success();
        sandbox.run_hook("s", "PostToolUse", &call(r#"{"questions":[],"answers":{"Which?":"A"}}"#)).assert_success();
        assert_eq!(sandbox.describe_signals("s"), "");
    }
}

#[test]
fn a_call_is_the_same_however_its_input_is_spelled() {
    let call = |agent: &str, tool: &str, input: &str| {
        format!(r#""agent_id":"{agent}","tool_name":"{tool}","tool_input":{input}"#)
    };
    let input = r#"{"command":"ls -A /tmp \ud83d\ude00","n":[1.0,{"x":null,"y":true}],"m":100}"#;
    let changed = |from: &str, to: &str| input.replace(from, to);
    let reordered = r#"{ "m" : 100, "n":[1.0, {"y" :true,"x":null}] ,"command":"ls -A /tmp 😀"}"#.to_owned();
    let escaped =
        r#"{"m":100,"n":[1.0,{"x":null,"y":true}],"c\u006fmmand":"ls -\u0041 \/tmp \uD83D\uDE00"}"#.to_owned();
    for (agent, tool, other_input, is_same) in [
        ("a1b2c3", "Bash", reordered, true),
        (r"\u0061\u0031b2c3", r"\u0042ash", escaped, true),
        ("a1b2c3", "Bash", changed("-A", "-a"), false),
        ("a1b2c3", "Bash", changed(r#"[1.0,{"x":null,"y":true}]"#, r#"[{"x":null,"y":true},1.0]"#), false),
        ("a1b2c3", "Bash", changed(r#""x":null,"y":true"#, r#""x":true,"y":null"#), false),
        ("a1b2c3", "Bash", changed("100", "\"100\""), false),
        ("a1b2c3", "Bash", changed("100", "1000"), false),
        ("a1b2c3", "Edit", input.to_owned(), false),
        ("a1b2c4", "Bash", input.to_owned(), false),
    ] {
        let (first, second) = (call("a1b2c3", "Bash", input), call(agent, tool, &other_input));
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "PermissionRequest", &first).assert_success();
        sandbox.run_hook("s", "PermissionRequest", &second).assert_success();
        let waiting = sandbox.read_signal("s", "permission")["pending"].as_array().unwrap().len();
        assert_eq!(waiting, if is_same { 1 } else { 2 }, "a second request: {second}");
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "PermissionRequest", &first).assert_success();
        sandbox.run_hook("s", "PostToolUse", &second).assert_success();
        assert_eq!(
            sandbox.describe_signals("s"),
            if is_same { "" } else { "permission(Bash@a1b2)" },
            "a result: {second}"
        );
    }
}

#[test]
fn an_elicitation_is_resolved_by_its_result() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("PermissionRequest", BASH, "permission(Bash)"),
            ("Elicitation", r#""mcp_server_name":"m","message":"Which?""#, "permission(Bash,Elicitation)"),
            ("ElicitationResult", r#""agent_id":"a1b2c3","action":"accept""#, "permission(Bash,Elicitation)"),
            ("ElicitationResult", r#""action":"accept""#, "permission(Bash)"),
            ("PermissionDenied", BASH, ""),
        ],
    );
}

#[test]
fn the_members_of_the_oldest_call_are_the_signals_own() {
    let sandbox = Sandbox::new();
    let first = r#""tool_name":"Read","tool_input":{"file_path":"\u002fetc"},"permission_suggestions":[1.0]"#;
    let second = r#""agent_id":"a1b2c3","agent_type":"x","tool_name":"Bash","tool_input":{"n":1e400}"#;
    sandbox.run_hook("s", "PermissionRequest", first).assert_success();
    sandbox.run_hook("s", "PermissionRequest", second).assert_success();
    let text = || fs_err::read_to_string(sandbox.signal_path("s", "permission")).unwrap();
    let own = |members| payload("s", "PermissionRequest", members).trim_end_matches('}').to_owned();
    let stem = |members: &str| payload("s", "PermissionRequest", members).strip_suffix('}').unwrap().to_owned();
    assert!(text().starts_with(&format!("{},\"pending_since\":\"", stem(first))), "{}", text());
    assert!(text().contains(&own(second)));
    sandbox.run_hook("s", "PostToolUse", first).assert_success();
    assert!(text().starts_with(&format!("{},\"pending_since\":\"", stem(second))), "{}", text());
    assert!(!text().contains("/etc") && !text().contains("permission_suggestions"));
}

#[test]
fn a_stop_resolves_all_calls_only_if_no_subagent_runs() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("PermissionRequest", AGENTS_BASH, "permission(Bash@a1b2)"),
            ("PermissionRequest", BASH, "permission(Bash@a1b2,Bash)"),
            ("StopFailure", r#""error":"unknown""#, "permission(Bash@a1b2) stop"),
            ("PermissionRequest", BASH, "permission(Bash@a1b2,Bash) stop"),
            ("Stop", AGENT_RUNS, "working permission(Bash@a1b2)"),
            ("Stop", NONE_RUNS, "stop"),
        ],
    );
    sandbox.run_hook("s", "StopFailure", r#""error":"rate_limit""#).assert_success();
    assert_eq!(sandbox.read_signal("s", "stop")["error"], "rate_limit");
}

#[test]
fn the_calls_of_a_background_task_still_wait_after_a_stop() {
    // The types are those of the CLI. A CLI without a network has no cloud session, so that payload is written by hand.
    for (task, state) in [
        ("subagent", "working"),
        ("workflow", "working"),
        ("cloud session", "working"),
        // A teammate may be idle, and the CLI reports it as running all the same.
        ("teammate", "stop"),
    ] {
        for status in ["running", "pending"] {
            let sandbox = Sandbox::new();
            sandbox.run_hook("s", "UserPromptSubmit", "").assert_success();
            sandbox.run_hook("s", "PermissionRequest", AGENTS_BASH).assert_success();
            sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
            let shell = r#"{"id":"b1","type":"shell","status":"running"}"#;
            let tasks = format!(r#""background_tasks":[{shell},{{"id":"t1","type":"{task}","status":"{status}"}}]"#);
            sandbox.run_hook("s", "Stop", &tasks).assert_success();
            assert_eq!(state_and_calls(&sandbox), [state, "permission(Bash@a1b2)"], "{task} {status}");
        }
    }
    for task in ["shell", "monitor", "MCP task", "dream", "auto-mode scan"] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "PermissionRequest", AGENTS_BASH).assert_success();
        let tasks = format!(r#""background_tasks":[{{"id":"t1","type":"{task}","status":"running"}}]"#);
        sandbox.run_hook("s", "Stop", &tasks).assert_success();
        assert_eq!(sandbox.describe_signals("s"), "stop", "{task}");
    }
}

/// Returns the state of the session, and then its pending calls.
fn state_and_calls(sandbox: &Sandbox) -> Vec<String> {
    let mut parts: Vec<_> = sandbox.describe_signals("s").split(' ').map(str::to_owned).collect();
    parts.sort_by_key(|kind| kind.starts_with("permission"));
    parts
}
