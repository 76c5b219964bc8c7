//! The state of a session over its turns.

use crate::hooks::steps::{AGENT, AGENTS_BASH, BASH, run_steps};
use crate::sandbox::{ClaudeProcess, Sandbox};

#[test]
fn the_next_event_corrects_what_esc_and_sigkill_leave() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    cli.run_hook("s", "PermissionRequest", BASH).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash)");
    drop(cli); // sends SIGKILL
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash)");
    ClaudeProcess::start(&sandbox).run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "stop");
}

#[test]
fn a_session_start_after_the_prompt_of_the_same_process_changes_nothing() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    cli.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working");
    cli.run_hook("s", "PermissionRequest", BASH).assert_success();
    cli.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "working permission(Bash)");
}

#[test]
fn a_session_start_clears_an_end_and_the_signals_of_a_script() {
    let sandbox = Sandbox::new();
    run_steps(&sandbox, &[("SessionEnd", "", "ended"), ("SessionStart", r#""source":"new kind""#, "stop")]);
    for kind in ["working", "permission"] {
        fs_err::write(sandbox.signal_path("s", kind), "{\"pending\":[]}\n").unwrap();
    }
    run_steps(&sandbox, &[("SessionStart", r#""source":"startup""#, "stop")]);
}

#[test]
fn a_compaction_during_a_turn_does_not_end_the_turn() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("UserPromptSubmit", "", "working"),
            ("PreCompact", r#""trigger":"auto""#, "working"),
            ("SessionStart", r#""source":"compact""#, "working"),
            ("PostCompact", r#""trigger":"auto""#, "working"),
            ("Stop", "", "stop"),
            ("PreCompact", r#""trigger":"manual""#, "working"),
            ("SessionStart", r#""source":"compact""#, "working"),
            ("PostCompact", r#""trigger":"manual""#, "stop"),
        ],
    );
}

#[test]
fn the_next_tool_after_a_blocked_stop_shows_that_the_turn_goes_on() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("Stop", "", "stop"),
            ("PostToolUse", AGENTS_BASH, "stop"),
            ("PostToolUse", BASH, "working"),
            ("PostToolUse", BASH, "working"),
            ("Stop", "", "stop"),
            ("PostToolBatch", "", "working"),
        ],
    );
}

#[test]
fn events_of_a_subagent_change_only_its_own_calls() {
    let sandbox = Sandbox::new();
    run_steps(
        &sandbox,
        &[
            ("UserPromptSubmit", "", "working"),
            ("Stop", AGENT, "working"),
            ("SessionEnd", AGENT, "working"),
            ("PermissionRequest", AGENTS_BASH, "working permission(Bash@a1b2)"),
            ("PermissionRequest", BASH, "working permission(Bash@a1b2,Bash)"),
            ("SubagentStop", "", "working permission(Bash@a1b2,Bash)"),
            ("SubagentStop", r#""agent_id":"other""#, "working permission(Bash@a1b2,Bash)"),
            ("SubagentStop", AGENT, "working permission(Bash)"),
            ("Stop", "", "stop"),
            ("UserPromptSubmit", AGENT, "stop"),
            ("PreCompact", AGENT, "stop"),
            ("SessionStart", AGENT, "stop"),
        ],
    );
}

#[test]
fn an_error_that_ends_a_subagent_is_not_an_error_of_the_session() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    sandbox.run_hook("s", "StopFailure", r#""agent_id":"a1b2c3","error":"server_error""#).assert_success();
    assert_eq!(sandbox.read_signal("s", "stop").get("error"), None);
    sandbox.run_hook("s", "StopFailure", r#""error":"server_error""#).assert_success();
    assert_eq!(sandbox.read_signal("s", "stop")["error"], "server_error");
}
