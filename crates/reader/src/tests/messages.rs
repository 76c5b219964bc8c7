//! What counts as a message of a conversation.

use serde_json::{Value, json};

use super::conversation::{answer, prompt, read, recent};
use crate::pending_call::PendingCall;
use crate::transcript::TranscriptTail;

fn line(kind: &str, content: &Value) -> String {
    json!({"type": kind, "message": {"content": content}}).to_string() + "\n"
}

#[test]
fn a_message_is_a_prompt_an_answer_a_call_or_a_result() {
    for (content, kind) in [
        (json!("Fix it"), "user"),
        (json!([{"type": "text", "text": "Fix it"}]), "user"),
        (
            json!([{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}, {"type": "text", "text": "Fix it"}]),
            "user",
        ),
        (json!([{"type": "image", "source": {}}]), "user"),
        (json!([{"type": "document", "source": {}}]), "user"),
        (json!("<command-name>/init</command-name>"), "user"),
        (json!("<bash-input>ls</bash-input>"), "user"),
        (json!([{"type": "tool_result", "tool_use_id": "t", "content": "x"}]), "user"),
        (json!([{"type": "text", "text": "Done."}]), "assistant"),
        (json!([{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Done."}]), "assistant"),
        (json!([{"type": "tool_use", "id": "t", "name": "Bash", "input": {}}]), "assistant"),
        (json!([{"type": "server_tool_use", "id": "t", "name": "web_search", "input": {}}]), "assistant"),
        (json!([{"type": "web_search_tool_result", "tool_use_id": "t", "content": []}]), "assistant"),
    ] {
        assert_eq!(read(&line(kind, &content)).message_count, 1, "{kind} {content}");
    }
}

#[test]
fn notes_of_the_cli_and_thoughts_are_no_messages() {
    for (content, kind) in [
        (json!("<local-command-stdout>x</local-command-stdout>"), "user"),
        (json!("<bash-stdout>x</bash-stdout><bash-stderr></bash-stderr>"), "user"),
        (json!("<task-notification>x</task-notification>"), "user"),
        (json!([{"type": "text", "text": "[Request interrupted by user]"}]), "user"),
        (json!([{"type": "text", "text": "<ide_opened_file>x</ide_opened_file>"}]), "user"),
        (json!(""), "user"),
        (json!([]), "user"),
        (Value::Null, "user"),
        (json!([{"type": "thinking", "thinking": "…"}]), "assistant"),
        (json!([{"type": "redacted_thinking", "data": "x"}]), "assistant"),
        (json!([{"type": "text", "text": ""}]), "assistant"),
        (json!("Done."), "system"),
    ] {
        assert_eq!(read(&line(kind, &content)).message_count, 0, "{kind} {content}");
    }
    let synthetic = json!({"type": "assistant", "message": {"model": "<synthetic>", "content": [{"type": "text", "text": "No response requested."}]}});
    let conversation = read(&format!("{synthetic}\n"));
    assert_eq!((conversation.message_count, recent(&conversation).len()), (0, 0));
    // The user sees the error as the answer.
    let error = synthetic.to_string().replacen('{', "{\"isApiErrorMessage\":true,", 1);
    assert_eq!(read(&format!("{error}\n")).message_count, 1);
}

#[test]
fn an_odd_member_hides_no_other_member_of_its_line() {
    for odd in [
        json!({"isMeta": null}),
        json!({"isSidechain": null}),
        json!({"isCompactSummary": "no"}),
        json!({"isApiErrorMessage": 1}),
        json!({"messageCount": -1}),
        json!({"messageCount": "5"}),
        json!({"timestamp": 5}),
        json!({"timestamp": null}),
        json!({"promptSource": [1]}),
    ] {
        let with_odd = |line: String| {
            let mut line: Value = serde_json::from_str(&line).unwrap();
            line.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
            line.to_string() + "\n"
        };
        let conversation = read(&[with_odd(prompt("first")), with_odd(answer("one"))].concat());
        assert_eq!(recent(&conversation), ["user: first", "assistant: one"], "{odd}");
        let result = json!([{"type": "tool_result", "tool_use_id": "t"}]);
        let call = json!([{"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "ls"}}]);
        let lines = [with_odd(line("assistant", &call)), with_odd(line("user", &result))].concat();
        let pending = PendingCall {
            tool_name: Some("Bash".to_owned()),
            tool_input: json!({"command": "ls"}),
            ..PendingCall::default()
        };
        assert!(TranscriptTail::parse(lines.as_bytes()).has_result(&pending), "{odd}");
    }
}

#[test]
fn an_odd_part_hides_no_other_part_of_its_line() {
    for odd in [json!(null), json!(5), json!({}), json!({"type": 5}), json!({"type": "text", "text": 5}), json!([1])] {
        let parts = json!([odd, {"type": "text", "text": "one", "id": 5, "name": null}]);
        assert_eq!(recent(&read(&line("assistant", &parts))), ["assistant: one"], "{odd}");
    }
    // Half of a pair of surrogates is JSON, but no text of Rust.
    let half = r#"{"type":"user","cwd":"\ud83d","message":{"content":[{"type":"text","text":"one \ud83d"}]}}"#;
    assert_eq!(recent(&read(&format!("{half}\n"))), ["user: one \u{fffd}"]);
    for no_line in ["[\"user\",null,false,false,false,false,null,{\"content\":\"x\"}]\n", "5\n", "\"user\"\n", "{\n"] {
        assert_eq!(read(no_line).message_count, 0, "{no_line}");
    }
}
