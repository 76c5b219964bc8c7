//! What a hook changes in the text of a payload.

use serde_json::json;

use crate::hooks::steps::{BASH, EDIT};
use crate::sandbox::{Sandbox, payload};

#[test]
fn members_that_hooks_add_and_the_output_of_tools_are_left_out() {
    let sandbox = Sandbox::new();
    sandbox
        .run_hook("s", "Stop", r#""claude_pid":1,"stopped\u005fat":"1.0","pending":[],"last":"\ud800""#)
        .assert_success();
    let signal = fs_err::read_to_string(sandbox.signal_path("s", "stop")).unwrap();
    assert!(
        signal.starts_with(
            r#"{"session_id":"s","hook_event_name":"Stop","last":"\ufffd","signal_format":1,"stopped_at":""#
        ),
        "{signal}"
    );
    assert_eq!((signal.matches("stopped").count(), signal.matches("pending").count()), (1, 0), "{signal}");
    sandbox.run_hook("s", "PostToolUse", r#""tool_response":{"a":[1]},"x":1,"tool_calls":[2]"#).assert_success();
    let signal = sandbox.read_signal("s", "working");
    assert_eq!((&signal["x"], signal.get("tool_response"), signal.get("tool_calls")), (&json!(1), None, None));
}

/// Strings with escapes, and what a hook makes of them.
const HALF_PAIRS: [(&str, &str); 9] = [
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

/// Reads a file with jq and with `serde_json`, which both refuse half of a surrogate pair.
#[track_caller]
fn read_with_jq_and_serde_json(path: &std::path::Path) -> serde_json::Value {
    let jq = std::process::Command::new("jq").args(["-c", "."]).arg(path).output().unwrap();
    assert!(jq.status.success(), "jq: {}", String::from_utf8_lossy(&jq.stderr));
    let value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&jq.stdout).unwrap(), value);
    value
}

#[test]
fn half_of_a_surrogate_pair_becomes_the_replacement_character() {
    for (given, left) in HALF_PAIRS {
        let sandbox = Sandbox::new();
        let members = |text: &str| format!(r#""tool_name":"Bash","{text}":["{text}",{{"{text}":"{text}"}}]"#);
        sandbox.run_hook("s", "PermissionRequest", &members(given)).assert_success();
        let signal = fs_err::read_to_string(sandbox.signal_path("s", "permission")).unwrap();
        assert_eq!(signal.matches(&members(left)).count(), 2, "{given}: {signal}");
        read_with_jq_and_serde_json(&sandbox.signal_path("s", "permission"));
        sandbox.run_hook("s", "Stop", &members(given)).assert_success();
        let signal = fs_err::read_to_string(sandbox.signal_path("s", "stop")).unwrap();
        assert!(signal.contains(&members(left)), "{given}: {signal}");
        read_with_jq_and_serde_json(&sandbox.signal_path("s", "stop"));
    }
}

#[test]
fn a_surrogate_pair_is_kept_if_a_read_ends_inside_it() {
    // A pipe delivers 64 KiB at a time, and the first buffer has 256 KiB.
    for border in [64 << 10, 256 << 10] {
        for before in border - 16..border {
            let text = |half: &str| {
                let start = payload("s", "Stop", r#""x":""#).len() - 1;
                format!(r#""x":"{}\ud83d\ude00{half}""#, "y".repeat(before - start))
            };
            let sandbox = Sandbox::new();
            sandbox.run_hook("s", "Stop", &text(r"\ud83d")).assert_success();
            let signal = fs_err::read_to_string(sandbox.signal_path("s", "stop")).unwrap();
            assert!(signal.contains(&text(r"\ufffd")), "{before}");
        }
    }
}

#[test]
fn half_of_a_pair_in_the_list_of_an_older_hook_is_replaced_with_the_next_change() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
    sandbox.run_hook("s", "PermissionRequest", EDIT).assert_success();
    let path = sandbox.signal_path("s", "permission");
    let signal = fs_err::read_to_string(&path).unwrap();
    fs_err::write(&path, signal.replace(r#""file_path":"a""#, r#""file_path":"a\ud83d""#)).unwrap();
    sandbox.run_hook("s", "PostToolUse", BASH).assert_success();
    let signal = read_with_jq_and_serde_json(&path);
    assert_eq!(signal["tool_input"]["file_path"], "a\u{fffd}");
    // The original input still resolves the call.
    sandbox.run_hook("s", "PostToolUse", r#""tool_name":"Edit","tool_input":{"file_path":"a\uDE00"}"#).assert_success();
    assert_eq!(sandbox.describe_signals("s"), "");
}

#[test]
fn a_payload_of_several_lines_becomes_one_line() {
    let sandbox = Sandbox::new();
    let input = "\n {\r\n\t\"session_id\" : \"s\",\n\"hook_event_name\":\n\"Stop\" , \"a\":[1 ,\n2]\n}\n{\"next\":1}";
    sandbox.run_executable("hook-stop", input).assert_success();
    assert_eq!(sandbox.read_signal("s", "stop")["a"], json!([1, 2]));
}
