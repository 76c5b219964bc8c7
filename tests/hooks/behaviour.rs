//! What the recordings lack.

use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::sandbox::{Life, Sandbox, executable, outcome, payload};

const BASH: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
const EDIT: &str = r#""tool_name":"Edit","tool_input":{"file_path":"a"}"#;
const AGENTS_BASH: &str = r#""agent_id":"a1b2c3","tool_name":"Bash","tool_input":{"command":"ls"}"#;
const AGENT: &str = r#""agent_id":"a1b2c3""#;
const AGENT_RUNS: &str = r#""background_tasks":[{"id":"a1b2c3","type":"subagent","status":"running"}]"#;
const NONE_RUNS: &str = r#""background_tasks":[{"id":"b1","type":"shell","status":"running"},{"id":"a9","type":"subagent","status":"done"}]"#;

/// Fires events in order, each followed by what stands after it.
#[track_caller]
fn script(sandbox: &Sandbox, steps: &[(&str, &str, &str)]) {
    for (number, (event, members, state)) in steps.iter().enumerate() {
        sandbox.fire("s", event, members).succeeds();
        assert_eq!(sandbox.state("s"), *state, "after step {}, {event}", number + 1);
    }
}

#[test]
fn esc_and_sigkill_fire_nothing_and_the_next_event_mends_it() {
    let sandbox = Sandbox::new();
    let mut life = Life::begin(&sandbox);
    life.fire("s", "SessionStart", r#""source":"startup""#).succeeds();
    life.fire("s", "UserPromptSubmit", "").succeeds();
    life.fire("s", "UserPromptSubmit", "").succeeds();
    life.fire("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash)");
    drop(life); // SIGKILL
    assert_eq!(sandbox.state("s"), "working permission(Bash)");
    Life::begin(&sandbox).fire("s", "SessionStart", r#""source":"resume""#).succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_session_start_of_the_same_process_comes_too_late_for_its_prompt() {
    let sandbox = Sandbox::new();
    let mut life = Life::begin(&sandbox);
    life.fire("s", "UserPromptSubmit", "").succeeds();
    life.fire("s", "SessionStart", r#""source":"startup""#).succeeds();
    assert_eq!(sandbox.state("s"), "working");
    life.fire("s", "PermissionRequest", BASH).succeeds();
    life.fire("s", "SessionStart", r#""source":"resume""#).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash)");
}

#[test]
fn a_session_start_clears_what_was_ended_or_written_by_a_script() {
    let sandbox = Sandbox::new();
    script(&sandbox, &[("SessionEnd", "", "ended"), ("SessionStart", r#""source":"new kind""#, "stop")]);
    for kind in ["working", "permission"] {
        fs_err::write(sandbox.signal("s", kind), "{\"pending\":[]}\n").unwrap();
    }
    script(&sandbox, &[("SessionStart", r#""source":"startup""#, "stop")]);
}

#[test]
fn a_compaction_in_mid_turn_leaves_the_turn() {
    let sandbox = Sandbox::new();
    script(
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
fn a_stop_that_was_blocked_goes_on_with_the_next_tool() {
    let sandbox = Sandbox::new();
    script(
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
fn a_late_tool_does_not_wake_a_session_that_stopped() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    sandbox.fire("s", "Stop", "").succeeds();
    late.feed("s", "PostToolUse", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_late_tool_still_answers_its_own_question() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash@a1b2)");
    late.feed("s", "PostToolUse", AGENTS_BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working");
}

#[test]
fn a_late_answer_makes_no_question_older() {
    let sandbox = Sandbox::new();
    let modified = || fs_err::metadata(sandbox.signal("s", "permission")).unwrap().modified().unwrap();
    sandbox.fire("s", "PermissionRequest", EDIT).succeeds();
    let late = sandbox.hold("PostToolUse");
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    let before = modified();
    late.feed("s", "PostToolUse", EDIT).succeeds();
    // Another version, which has to differ; by no more than that.
    let after = before + std::time::Duration::from_nanos(1);
    assert_eq!((sandbox.state("s"), modified()), ("permission(Bash)".to_owned(), after));
}

#[test]
fn a_late_hook_of_a_cleared_session_does_not_bring_it_back() {
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
fn another_tools_end_leaves_the_question() {
    let sandbox = Sandbox::new();
    script(
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
fn an_amended_call_is_over_with_its_batch() {
    let sandbox = Sandbox::new();
    script(
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
fn an_answered_question_is_the_same_call_with_the_answers_in_it() {
    for tool in ["AskUserQuestion", "ExitPlanMode"] {
        let call = |input: &str| format!(r#""tool_name":"{tool}","tool_input":{input}"#);
        let sandbox = Sandbox::new();
        sandbox.fire("s", "PermissionRequest", &call(r#"{"questions":[]}"#)).succeeds();
        sandbox.fire("s", "PostToolUse", &call(r#"{"questions":[],"answers":{"Which?":"A"}}"#)).succeeds();
        assert_eq!(sandbox.state("s"), "");
    }
}

#[test]
fn a_call_is_the_same_however_its_input_is_spelled() {
    let call = |agent: &str, tool: &str, input: &str| {
        format!(r#""agent_id":"{agent}","tool_name":"{tool}","tool_input":{input}"#)
    };
    let input = r#"{"command":"ls -A /tmp \ud83d\ude00","n":[1.0,{"x":null,"y":true}],"m":100}"#;
    let like = |from: &str, to: &str| input.replace(from, to);
    let reordered = r#"{ "m" : 100, "n":[1.0, {"y" :true,"x":null}] ,"command":"ls -A /tmp 😀"}"#.to_owned();
    let escaped =
        r#"{"m":100,"n":[1.0,{"x":null,"y":true}],"c\u006fmmand":"ls -\u0041 \/tmp \uD83D\uDE00"}"#.to_owned();
    for (agent, tool, again, same) in [
        ("a1b2c3", "Bash", reordered, true),
        (r"\u0061\u0031b2c3", r"\u0042ash", escaped, true),
        ("a1b2c3", "Bash", like("-A", "-a"), false),
        ("a1b2c3", "Bash", like(r#"[1.0,{"x":null,"y":true}]"#, r#"[{"x":null,"y":true},1.0]"#), false),
        ("a1b2c3", "Bash", like(r#""x":null,"y":true"#, r#""x":true,"y":null"#), false),
        ("a1b2c3", "Bash", like("100", "\"100\""), false),
        ("a1b2c3", "Bash", like("100", "1000"), false),
        ("a1b2c3", "Edit", input.to_owned(), false),
        ("a1b2c4", "Bash", input.to_owned(), false),
    ] {
        let (first, again) = (call("a1b2c3", "Bash", input), call(agent, tool, &again));
        let sandbox = Sandbox::new();
        sandbox.fire("s", "PermissionRequest", &first).succeeds();
        sandbox.fire("s", "PermissionRequest", &again).succeeds();
        let waiting = sandbox.read("s", "permission")["pending"].as_array().unwrap().len();
        assert_eq!(waiting, if same { 1 } else { 2 }, "asked again: {again}");
        let sandbox = Sandbox::new();
        sandbox.fire("s", "PermissionRequest", &first).succeeds();
        sandbox.fire("s", "PostToolUse", &again).succeeds();
        assert_eq!(sandbox.state("s"), if same { "" } else { "permission(Bash@a1b2)" }, "its result: {again}");
    }
}

#[test]
fn an_elicitation_is_answered_by_its_result() {
    let sandbox = Sandbox::new();
    script(
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
fn the_oldest_calls_members_are_the_files_own() {
    let sandbox = Sandbox::new();
    let first = r#""tool_name":"Read","tool_input":{"file_path":"\u002fetc"},"permission_suggestions":[1.0]"#;
    let second = r#""agent_id":"a1b2c3","agent_type":"x","tool_name":"Bash","tool_input":{"n":1e400}"#;
    sandbox.fire("s", "PermissionRequest", first).succeeds();
    sandbox.fire("s", "PermissionRequest", second).succeeds();
    let text = || fs_err::read_to_string(sandbox.signal("s", "permission")).unwrap();
    let own = |members| payload("s", "PermissionRequest", members).trim_end_matches('}').to_owned();
    let stem = |members: &str| payload("s", "PermissionRequest", members).strip_suffix('}').unwrap().to_owned();
    assert!(text().starts_with(&format!("{},\"pending_since\":\"", stem(first))), "{}", text());
    assert!(text().contains(&own(second)));
    sandbox.fire("s", "PostToolUse", first).succeeds();
    assert!(text().starts_with(&format!("{},\"pending_since\":\"", stem(second))), "{}", text());
    assert!(!text().contains("/etc") && !text().contains("permission_suggestions"));
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
fn the_same_hook_twice_is_one_call() {
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
fn a_request_that_arrives_after_its_own_tool_is_gone_with_the_batch_or_the_turn() {
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
fn a_request_that_a_stop_overtook_stands_where_it_is_a_subagents() {
    let sandbox = Sandbox::new();
    let (agents, own) = (sandbox.hold("PermissionRequest"), sandbox.hold("PermissionRequest"));
    sandbox.fire("s", "Stop", AGENT_RUNS).succeeds();
    agents.feed("s", "PermissionRequest", AGENTS_BASH).succeeds();
    own.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash@a1b2)");
}

#[test]
fn an_older_event_leaves_a_newer_question() {
    for event in ["PostToolBatch", "SubagentStop"] {
        let sandbox = Sandbox::new();
        let batch = sandbox.hold(event);
        sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
        batch.feed("s", event, AGENT).succeeds();
        assert_eq!(sandbox.state("s"), "permission(Bash@a1b2)", "{event}");
    }
}

#[test]
fn a_subagents_events_say_nothing_of_the_session() {
    let sandbox = Sandbox::new();
    script(
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
fn a_stop_answers_everybody_only_where_no_subagent_runs() {
    let sandbox = Sandbox::new();
    script(
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
    sandbox.fire("s", "StopFailure", r#""error":"rate_limit""#).succeeds();
    assert_eq!(sandbox.read("s", "stop")["error"], "rate_limit");
}

#[test]
fn what_was_handed_on_keeps_its_questions_after_a_stop() {
    // The CLI's own words for its tasks. No offline CLI has a cloud session: that payload is written by hand.
    for (task, state) in [
        ("subagent", "working"),
        ("workflow", "working"),
        ("cloud session", "working"),
        // It may rest, and is said to be running all the same.
        ("teammate", "stop"),
    ] {
        for status in ["running", "pending"] {
            let sandbox = Sandbox::new();
            sandbox.fire("s", "UserPromptSubmit", "").succeeds();
            sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
            sandbox.fire("s", "PermissionRequest", BASH).succeeds();
            let shell = r#"{"id":"b1","type":"shell","status":"running"}"#;
            let tasks = format!(r#""background_tasks":[{shell},{{"id":"t1","type":"{task}","status":"{status}"}}]"#);
            sandbox.fire("s", "Stop", &tasks).succeeds();
            assert_eq!(stands_apart(&sandbox), [state, "permission(Bash@a1b2)"], "{task} {status}");
        }
    }
    for task in ["shell", "monitor", "MCP task", "dream", "auto-mode scan"] {
        let sandbox = Sandbox::new();
        sandbox.fire("s", "PermissionRequest", AGENTS_BASH).succeeds();
        let tasks = format!(r#""background_tasks":[{{"id":"t1","type":"{task}","status":"running"}}]"#);
        sandbox.fire("s", "Stop", &tasks).succeeds();
        assert_eq!(sandbox.state("s"), "stop", "{task}");
    }
}

/// The state of the session, and what waits beside it.
fn stands_apart(sandbox: &Sandbox) -> Vec<String> {
    let mut stands: Vec<_> = sandbox.state("s").split(' ').map(str::to_owned).collect();
    stands.sort_by_key(|kind| kind.starts_with("permission"));
    stands
}

#[test]
fn a_clock_that_steps_back_an_hour_makes_nothing_late() {
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
    script(&sandbox, &[("Stop", "", "stop"), ("UserPromptSubmit", "", "working"), ("SessionEnd", "", "ended")]);
}

#[test]
fn a_lock_that_is_never_given_back_stops_nobody() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let spool = fs_err::File::open(sandbox.spool()).unwrap();
    spool.file().try_lock().unwrap();
    script(&sandbox, &[("PermissionRequest", BASH, "working permission(Bash)"), ("Stop", "", "stop")]);
}

#[test]
fn what_is_ours_to_say_and_what_has_no_bound_is_left_out() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "Stop", r#""claude_pid":1,"stopped\u005fat":"1.0","pending":[],"last":"\ud800""#).succeeds();
    let signal = fs_err::read_to_string(sandbox.signal("s", "stop")).unwrap();
    assert!(
        signal.starts_with(
            r#"{"session_id":"s","hook_event_name":"Stop","last":"\ufffd","signal_format":1,"stopped_at":"17"#
        ),
        "{signal}"
    );
    assert_eq!((signal.matches("stopped").count(), signal.matches("pending").count()), (1, 0), "{signal}");
    sandbox.fire("s", "PostToolUse", r#""tool_response":{"a":[1]},"x":1,"tool_calls":[2]"#).succeeds();
    let signal = sandbox.read("s", "working");
    assert_eq!((&signal["x"], signal.get("tool_response"), signal.get("tool_calls")), (&json!(1), None, None));
}

/// Strings with escapes, and what is left of them where half a surrogate pair is no character.
const HALVES: [(&str, &str); 9] = [
    (r"\ud83d", r"\ufffd"),
    (r"a\uDE00b", r"a\ufffdb"),
    (r"\ud83d\ude00", r"\ud83d\ude00"),
    (r"\uDE00\uD83D", r"\ufffd\ufffd"),
    (r"\ud83d\ud83d\ude00\ude00", r"\ufffd\ud83d\ude00\ufffd"),
    (r"\ud83d\u0041\ud83dA\ud83d\n\uDBFF", r"\ufffd\u0041\ufffdA\ufffd\n\ufffd"),
    (r"\\ud83d\\\ud83d\\\\ud83d", r"\\ud83d\\\ufffd\\\\ud83d"),
    (r"\ud7ff\ue000\uD7FF", r"\ud7ff\ue000\uD7FF"),
    (r"\ud83d\\ude00", r"\ufffd\\ude00"),
];

/// What the two readers that refuse half a pair read: all of it, with jq and with `serde_json`.
#[track_caller]
fn reads_back(path: &std::path::Path) -> serde_json::Value {
    let jq = std::process::Command::new("jq").args(["-c", "."]).arg(path).output().unwrap();
    assert!(jq.status.success(), "jq: {}", String::from_utf8_lossy(&jq.stderr));
    let value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&jq.stdout).unwrap(), value);
    value
}

#[test]
fn half_a_surrogate_pair_is_written_as_what_stands_for_no_character() {
    for (given, left) in HALVES {
        let sandbox = Sandbox::new();
        let members = |text: &str| format!(r#""tool_name":"Bash","{text}":["{text}",{{"{text}":"{text}"}}]"#);
        sandbox.fire("s", "PermissionRequest", &members(given)).succeeds();
        let signal = fs_err::read_to_string(sandbox.signal("s", "permission")).unwrap();
        assert_eq!(signal.matches(&members(left)).count(), 2, "{given}: {signal}");
        reads_back(&sandbox.signal("s", "permission"));
        sandbox.fire("s", "Stop", &members(given)).succeeds();
        let signal = fs_err::read_to_string(sandbox.signal("s", "stop")).unwrap();
        assert!(signal.contains(&members(left)), "{given}: {signal}");
        reads_back(&sandbox.signal("s", "stop"));
    }
}

#[test]
fn where_a_read_ends_cuts_no_surrogate_pair() {
    // A pipe gives 64 KiB at a time, and the first room is 256 KiB.
    for border in [64 << 10, 256 << 10] {
        for before in border - 16..border {
            let text = |half: &str| {
                let start = payload("s", "Stop", r#""x":""#).len() - 1;
                format!(r#""x":"{}\ud83d\ude00{half}""#, "y".repeat(before - start))
            };
            let sandbox = Sandbox::new();
            sandbox.fire("s", "Stop", &text(r"\ud83d")).succeeds();
            let signal = fs_err::read_to_string(sandbox.signal("s", "stop")).unwrap();
            assert!(signal.contains(&text(r"\ufffd")), "{before}");
        }
    }
}

#[test]
fn half_a_pair_that_an_older_hook_left_in_the_list_goes_when_the_list_is_written_anew() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "PermissionRequest", BASH).succeeds();
    sandbox.fire("s", "PermissionRequest", EDIT).succeeds();
    let path = sandbox.signal("s", "permission");
    let signal = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, signal.replace(r#""file_path":"a""#, r#""file_path":"a\ud83d""#)).unwrap();
    sandbox.fire("s", "PostToolUse", BASH).succeeds();
    let signal = reads_back(&path);
    assert_eq!(signal["tool_input"]["file_path"], "a\u{fffd}");
    // The input that it was asked with resolves it still.
    sandbox.fire("s", "PostToolUse", r#""tool_name":"Edit","tool_input":{"file_path":"a\uDE00"}"#).succeeds();
    assert_eq!(sandbox.state("s"), "");
}

#[test]
fn a_payload_over_several_lines_is_put_into_one() {
    let sandbox = Sandbox::new();
    let input = "\n {\r\n\t\"session_id\" : \"s\",\n\"hook_event_name\":\n\"Stop\" , \"a\":[1 ,\n2]\n}\n{\"next\":1}";
    sandbox.run("hook-stop", input).succeeds();
    assert_eq!(sandbox.read("s", "stop")["a"], json!([1, 2]));
}

#[test]
fn an_event_with_nothing_to_answer_makes_no_directory() {
    let sandbox = Sandbox::new();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.fire("s", event, AGENT).succeeds();
    }
    assert!(!sandbox.home().join(".claude").exists());
}

#[test]
fn the_configuration_directory_can_be_named() {
    let sandbox = Sandbox::new();
    let config = sandbox.home().join("elsewhere");
    let hook = |config| {
        let mut command = sandbox.command(executable("hook-stop"));
        outcome(command.env("CLAUDE_CONFIG_DIR", config), payload("s", "Stop", "")).succeeds();
    };
    hook(config.to_str().unwrap());
    assert!(config.join("session-signals/s.stop.json").is_file());
    assert!(!sandbox.spool().exists());
    hook("");
    assert_eq!(sandbox.state("s"), "stop");
}

#[test]
fn a_question_of_a_turn_that_went_on_after_its_stop_is_not_late() {
    let sandbox = Sandbox::new();
    // Another hook blocked the Stop. Two tools run at once: one asks, the other one ends, and its hook is quicker.
    sandbox.fire("s", "Stop", "").succeeds();
    let request = sandbox.hold("PermissionRequest");
    sandbox.fire("s", "PostToolUse", EDIT).succeeds();
    request.feed("s", "PermissionRequest", BASH).succeeds();
    assert_eq!(sandbox.state("s"), "working permission(Bash)");
}

#[test]
fn an_event_that_changes_nothing_leaves_no_trace() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", "").succeeds();
    let trace = || {
        let spool = fs_err::metadata(sandbox.spool()).unwrap();
        (spool.modified().unwrap(), fs_err::metadata(sandbox.signal("s", "working")).unwrap().modified().unwrap())
    };
    let before = trace();
    for event in ["PostToolUse", "SubagentStop"] {
        sandbox.fire("s", event, AGENTS_BASH).succeeds();
        assert_eq!(trace(), before, "{event}: who watches the directory is woken for nothing");
    }
}

#[test]
fn the_end_of_a_subagent_by_an_error_is_not_the_sessions() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "Stop", "").succeeds();
    sandbox.fire("s", "StopFailure", r#""agent_id":"a1b2c3","error":"server_error""#).succeeds();
    assert_eq!(sandbox.read("s", "stop").get("error"), None);
    sandbox.fire("s", "StopFailure", r#""error":"server_error""#).succeeds();
    assert_eq!(sandbox.read("s", "stop")["error"], "server_error");
}
