//! Conversations, from transcripts as the real CLI wrote them.

use std::io::Write as _;

use serde_json::json;

use super::fixture;
use crate::conversation::Conversation;
use crate::conversation_reader::ConversationReader;

const TRANSCRIPT: &str = "transcripts/denied-escaped-interrupted-failed.jsonl";

/// Returns the line of a prompt.
pub fn prompt(text: &str) -> String {
    json!({"type": "user", "message": {"role": "user", "content": text}}).to_string() + "\n"
}

/// Returns the line of an answer.
pub fn answer(text: &str) -> String {
    json!({"type": "assistant", "message": {"content": [{"type": "text", "text": text}]}}).to_string() + "\n"
}

/// Reads a transcript with this text.
pub fn read(text: &str) -> Conversation {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), text).unwrap();
    Conversation::read(file.path()).unwrap()
}

/// Returns the last parts as `role: content`.
pub fn recent(conversation: &Conversation) -> Vec<String> {
    let part = |part: &_| {
        let part = serde_json::to_value(part).unwrap();
        format!("{}: {}", part["role"].as_str().unwrap(), part["content"].as_str().unwrap())
    };
    conversation.recent_parts.iter().map(part).collect()
}

#[test]
fn a_transcript_of_the_real_cli_is_understood() {
    let text = String::from_utf8(fixture(TRANSCRIPT)).unwrap();
    let conversation = read(&text);
    assert_eq!(conversation.first_prompt.as_deref(), Some("hello SLOW_MS=4000"));
    let (prompts, answers, calls, results) = (8, 5, 6, 6);
    assert_eq!(conversation.message_count, prompts + answers + calls + results, "two notes of interrupts do not count");
    assert_eq!(recent(&conversation).len(), 8);
}

#[test]
fn a_large_part_that_is_appended_is_read_whole() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(prompt("first").as_bytes()).unwrap();
    let mut reader = ConversationReader::default();
    reader.read_new(file.path()).unwrap();
    // A call whose result is an image, and what followed it before the next read.
    let image = answer(&"x".repeat(3 << 20));
    for line in [answer("a call"), image, answer("seen"), prompt("second")] {
        file.write_all(line.as_bytes()).unwrap();
    }
    reader.read_new(file.path()).unwrap();
    assert_eq!(reader.conversation().message_count, 5);
    assert_eq!(recent(reader.conversation())[0], "user: first");
}

#[test]
fn each_read_takes_only_what_was_appended() {
    let whole = String::from_utf8(fixture(TRANSCRIPT)).unwrap();
    let expected = read(&whole);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let mut reader = ConversationReader::default();
    // The pieces end anywhere in a line.
    for piece in whole.as_bytes().chunks(997) {
        file.write_all(piece).unwrap();
        reader.read_new(file.path()).unwrap();
    }
    assert_eq!(reader.conversation().message_count, expected.message_count);
    assert_eq!(reader.conversation().first_prompt, expected.first_prompt);
    assert_eq!(recent(reader.conversation()), recent(&expected));
    let path = file.path().to_owned();
    fs_err::write(&path, prompt("another")).unwrap();
    reader.read_new(&path).unwrap();
    assert_eq!(
        recent(reader.conversation()),
        ["user: another"],
        "a file that became shorter is read from its beginning"
    );
}

#[test]
fn a_long_transcript_is_not_read_whole() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(prompt("Fix the build").as_bytes()).unwrap();
    file.as_file().set_len(100 << 20).unwrap(); // the hole takes no space
    let append = |text: &str| {
        let mut file = fs_err::File::options().append(true).open(file.path()).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    append("\n");
    append(&answer("an answer"));
    let mut reader = ConversationReader::default();
    reader.read_new(file.path()).unwrap();
    assert_eq!(reader.conversation().first_prompt.as_deref(), Some("Fix the build"));
    assert_eq!(reader.conversation().message_count, 1, "nothing tells how many there were before");
    assert_eq!(recent(reader.conversation()), ["assistant: an answer"]);
    append(r#"{"type":"system","subtype":"turn_duration","messageCount":5000}"#);
    append("\n");
    append(&prompt("next"));
    reader.read_new(file.path()).unwrap();
    assert_eq!(reader.conversation().message_count, 2, "what is followed is counted one by one");
    assert_eq!(
        Conversation::read(file.path()).unwrap().message_count,
        5001,
        "the count of the CLI, and what came later"
    );
}

#[test]
fn the_first_prompt_is_what_the_user_typed_first() {
    let command = prompt(
        "<command-name>/init</command-name>\n<command-message>init</command-message>\n<command-args>now</command-args>",
    );
    let shell = prompt("<bash-input>ls -l</bash-input>");
    let meta = prompt("Caveat").replace("\"type\":\"user\"", "\"type\":\"user\",\"isMeta\":true");
    let side = prompt("side").replace("\"type\":\"user\"", "\"type\":\"user\",\"isSidechain\":true");
    let note = prompt("<local-command-stdout>x</local-command-stdout>");
    let first = |lines: &[&str]| read(&lines.concat()).first_prompt;
    assert_eq!(first(&[&command]).as_deref(), Some("/init now"));
    assert_eq!(first(&[&meta, &side, &note, &command, &prompt("Fix it"), &prompt("no")]).as_deref(), Some("Fix it"));
    assert_eq!(first(&[&shell]).as_deref(), Some("!ls -l"));
    assert_eq!(first(&["{}\n", "[1]\n", "\n", "nonsense\n"]), None);
    let image =
        json!({"type": "user", "message": {"content": [{"type": "image"}, {"type": "text", "text": "What is this?"}]}});
    assert_eq!(first(&[&format!("{image}\n")]).as_deref(), Some("What is this?"));
    assert_eq!(
        first(&[&prompt(&"é".repeat(400))]).map(|prompt| prompt.chars().count()),
        Some(301),
        "300 and an ellipsis"
    );
}

#[test]
fn a_call_is_its_tool_and_what_it_is_about() {
    let call = |name: &str, input: serde_json::Value| {
        json!({"type": "assistant", "message": {"content": [{"type": "tool_use", "name": name, "input": input}]}})
            .to_string()
            + "\n"
    };
    let text = [
        call("Bash", json!({"command": "cargo test\n  --workspace", "description": "Run the tests"})),
        call("Edit", json!({"file_path": "/a/b.rs", "old_string": "x"})),
        call("Grep", json!({"pattern": "TODO"})),
        call("AskUserQuestion", json!({"questions": [{"question": "Tea?", "header": "Drink"}]})),
        call("ExitPlanMode", json!({"plan": "Rest.\nThen work."})),
        call("Odd", json!({"n": 1})),
        call("Empty", json!({})),
    ];
    let expected = [
        "tool: Bash: cargo test --workspace",
        "tool: Edit: /a/b.rs",
        "tool: Grep: TODO",
        "tool: AskUserQuestion: Tea?",
        "tool: ExitPlanMode: Rest. Then work.",
        r#"tool: Odd: {"n":1}"#,
        "tool: Empty",
    ];
    assert_eq!(recent(&read(&text.concat())), expected);
}
