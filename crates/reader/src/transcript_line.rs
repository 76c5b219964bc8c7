//! One line of a transcript.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// One line of a transcript. Its message is parsed only when somebody asks for it, because it may be large.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptLine<'a> {
    /// The kind of line: `user`, `assistant`, `system` and many others.
    #[serde(borrow)]
    pub r#type: Cow<'a, str>,
    /// When it was written, in RFC 3339.
    #[serde(borrow)]
    pub timestamp: Option<Cow<'a, str>>,
    /// Whether it belongs to a subagent.
    #[serde(default)]
    pub is_sidechain: bool,
    /// Whether the CLI wrote it and not the user, although its type is `user`.
    #[serde(default)]
    is_meta: bool,
    /// Whether it is the summary of what was said before, which the CLI wrote.
    #[serde(default)]
    is_compact_summary: bool,
    /// How many messages there were at the end of a turn, as the CLI counts them.
    #[serde(default)]
    pub message_count: Option<u64>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

impl<'a> TranscriptLine<'a> {
    /// Parses lines. What is not a line of a transcript is left out.
    pub fn parse_all(text: &'a [u8]) -> impl Iterator<Item = Self> {
        text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
    }

    /// Returns whether this is a message of the main conversation: of the user, of the agent, or the result of a tool.
    pub fn is_message(&self) -> bool {
        let is_of_main = !self.is_sidechain && !self.is_meta && !self.is_compact_summary;
        is_of_main && matches!(&*self.r#type, "user" | "assistant")
    }

    /// Returns the content of its message: a text, or a list of parts. Null if there is none.
    pub fn content(&self) -> Value {
        #[derive(Deserialize)]
        struct Message {
            #[serde(default)]
            content: Value,
        }
        let message = self.message.and_then(|message| serde_json::from_str::<Message>(message.get()).ok());
        message.map(|message| message.content).unwrap_or_default()
    }
}
