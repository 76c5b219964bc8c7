//! What a call of a tool is about.

use std::borrow::Cow;

use serde_json::Value;

/// The arguments that say most, the most telling one first.
const TELLING_ARGUMENTS: [&str; 9] =
    ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "description", "plan"];

/// Returns what a call with this input is about: its command, its file, its pattern or its question, or else its whole input.
/// Empty if there is no input.
pub fn call_target(input: &Value) -> Cow<'_, str> {
    let argument = TELLING_ARGUMENTS.iter().find_map(|name| input[*name].as_str());
    let question = || input["questions"][0]["question"].as_str();
    match (argument.or_else(question), input) {
        (Some(argument), _) => argument.into(),
        (None, Value::Null) => "".into(),
        (None, Value::Object(members)) if members.is_empty() => "".into(),
        (None, input) => input.to_string().into(),
    }
}
