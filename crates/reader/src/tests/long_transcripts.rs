//! Transcripts of which only the beginning and the end are read.

use serde_json::json;

use super::conversation::{answer, prompt, read, recent};
use crate::conversation_reader::ConversationReader;
use crate::pending_call::PendingCall;
use crate::session::Session;
use crate::transcript::TranscriptTail;

/// Returns so many answers that the transcript is not read whole.
fn many_answers() -> String {
    answer("so it goes").repeat(8000)
}

/// Returns the line of a result of this many bytes.
fn result(len: usize) -> String {
    let part = json!({"type": "tool_result", "tool_use_id": "t", "content": "x".repeat(len)});
    json!({"type": "user", "message": {"content": [part]}}).to_string() + "\n"
}

fn call(id: &str, command: &str) -> String {
    let part = json!({"type": "tool_use", "id": id, "name": "Bash", "input": {"command": command}});
    json!({"type": "assistant", "message": {"content": [part]}}).to_string() + "\n"
}

#[test]
fn a_last_line_that_is_longer_than_the_end_that_is_read_hides_nothing() {
    let note = "{\"type\":\"mode\",\"mode\":\"normal\"}\n";
    for end in [result(300 << 10), result(300 << 10) + note, result(3 << 20), result(300 << 10).trim_end().to_owned()] {
        let conversation = read(&[prompt("Fix the build"), many_answers(), call("t", "ls"), end].concat());
        assert_eq!(conversation.first_prompt.as_deref(), Some("Fix the build"));
        assert!(conversation.message_count > 1, "{}", conversation.message_count);
        assert_eq!(recent(&conversation).last().map(String::as_str), Some("tool: Bash: ls"));
    }
}

#[test]
fn a_result_that_is_longer_than_the_end_that_is_read_answers_its_call() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), many_answers() + &call("t", "ls") + &result(300 << 10)).unwrap();
    let pending = PendingCall {
        tool_name: Some("Bash".to_owned()),
        tool_input: json!({"command": "ls"}),
        ..PendingCall::default()
    };
    assert!(TranscriptTail::read(file.path()).unwrap().has_result(&pending));
}

#[test]
fn a_first_prompt_of_any_length_is_found() {
    let long = prompt(&"Fix it. ".repeat(20_000));
    let conversation = read(&[long, many_answers(), prompt("later")].concat());
    assert!(conversation.first_prompt.unwrap().starts_with("Fix it. Fix it."));
}

#[test]
fn no_later_prompt_stands_for_the_first_one_after_a_gap() {
    let results = result(1000).repeat(4000);
    let command = prompt("<command-name>/init</command-name>");
    assert_eq!(read(&[results.clone(), prompt("later")].concat()).first_prompt, None);
    assert_eq!(read(&[command, results.clone(), prompt("later")].concat()).first_prompt.as_deref(), Some("/init"));
    // Neither does a prompt that is appended afterwards, or the prompt of a signal.
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut reader = ConversationReader::default();
    for text in [results.clone(), results + &prompt("later")] {
        fs_err::write(file.path(), text).unwrap();
        reader.read_new(file.path()).unwrap();
        assert_eq!(reader.conversation().first_prompt, None);
    }
    let evidence = super::evidence("working@10", "", "");
    let mut session = Session::from_evidence("s", &evidence, super::at(20));
    session.dashboard.original_prompt = "later".to_owned();
    session.set_conversation(reader.conversation());
    assert_eq!(session.dashboard.original_prompt, "");
    // If the transcript was read whole, it only lacks the prompt that the signal has already.
    session.dashboard.original_prompt = "the first one".to_owned();
    session.set_conversation(&read(""));
    assert_eq!(session.dashboard.original_prompt, "the first one");
}
