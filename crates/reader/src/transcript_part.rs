//! One part of a message in a transcript.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient_json::{self, or_default};

/// Texts that begin so were written by the CLI, although they stand in a line of the user.
const NOTES_OF_THE_CLI: [&str; 10] = [
    "<ide_",
    "<teammate-message",
    "<cross-session-message",
    "[Request interrupted by user",
    "<local-command-",
    "<bash-stdout>",
    "<bash-stderr>",
    "<task-notification>",
    "<system-reminder>",
    "Caveat: The messages below",
];

/// One part of a message: a text, a call, the result of a call, an image, or something else. A member that is missing or not
/// understood is empty.
#[derive(Default, Deserialize)]
pub struct TranscriptPart<'a> {
    /// The kind of part: `text`, `tool_use`, `tool_result` and others.
    #[serde(default, rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    /// The text of a text.
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
    /// The id of a call.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// The tool of a call.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The id of the call to which a result belongs.
    #[serde(default, deserialize_with = "or_default")]
    pub tool_use_id: String,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

impl<'a> TranscriptPart<'a> {
    /// Parses an array of parts. What is no part is left out.
    pub fn parse_all(json: &'a str) -> Vec<Self> {
        let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        // serde takes an array for a struct.
        let objects = items.into_iter().map(RawValue::get).filter(|item| item.starts_with('{'));
        objects.filter_map(|item| serde_json::from_str(item).ok()).collect()
    }

    /// Makes a part of a message that is only a text.
    pub fn of_text(text: String) -> Self {
        Self { kind: "text".to_owned(), text, ..Self::default() }
    }

    /// Returns whether a line of this type is a message because it has this part. A thought is no message, and neither is a note
    /// of the CLI.
    pub fn is_message(&self, line_type: &str) -> bool {
        match &*self.kind {
            "text" if line_type == "user" => self.written_by_user().is_some(),
            "text" => !self.text.trim().is_empty(),
            "image" | "document" => line_type == "user",
            kind => self.is_call() || kind.ends_with("tool_result"),
        }
    }

    /// Returns whether it is a call. Tools that run on the server have kinds of their own, such as `server_tool_use`.
    pub fn is_call(&self) -> bool {
        self.kind.ends_with("tool_use") && !self.name.is_empty()
    }

    /// Returns the input of a call; null if there is none.
    pub fn input(&self) -> Value {
        self.input.and_then(|input| lenient_json::parse(input.get())).unwrap_or_default()
    }

    /// Returns what the user typed, if this is a text of the user. `None` if there is nothing, or if the CLI wrote it.
    pub fn written_by_user(&self) -> Option<Cow<'_, str>> {
        let text = self.text.trim();
        let inner = |tag: &str| {
            let (_, rest) = text.split_once(&format!("<{tag}>"))?;
            Some(rest.split_once(&format!("</{tag}>"))?.0.trim())
        };
        if text.starts_with("<command-") {
            let arguments = inner("command-args").unwrap_or_default();
            return Some(format!("{} {arguments}", inner("command-name")?).trim().to_owned().into());
        }
        if text.starts_with("<bash-input>") {
            return Some(format!("!{}", inner("bash-input")?).into());
        }
        let is_note = text.is_empty() || NOTES_OF_THE_CLI.iter().any(|note| text.starts_with(note));
        (!is_note).then_some(text.into())
    }
}
