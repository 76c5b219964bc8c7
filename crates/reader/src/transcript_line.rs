//! One line of a transcript.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient_json::{self, lenient, or_default};
use crate::transcript_part::TranscriptPart;

/// The model of an answer that the CLI made up itself.
const NO_MODEL: &str = "<synthetic>";

/// One line of a transcript. Its message is parsed only when somebody asks for it, because it may be large.
///
/// The CLI may write any member in another way one day. A member that is not understood counts as missing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a member that the CLI writes")]
pub struct TranscriptLine<'a> {
    /// The kind of line: `user`, `assistant`, `system` and many others.
    #[serde(default, deserialize_with = "or_default")]
    pub r#type: String,
    /// When it was written, in RFC 3339.
    #[serde(default, deserialize_with = "lenient")]
    pub timestamp: Option<String>,
    /// Whether it belongs to a subagent.
    #[serde(default, deserialize_with = "or_default")]
    pub is_sidechain: bool,
    /// Whether the CLI wrote it and not the user, although its type is `user`.
    #[serde(default, deserialize_with = "or_default")]
    is_meta: bool,
    /// Whether it is the summary of what was said before, which the CLI wrote.
    #[serde(default, deserialize_with = "or_default")]
    is_compact_summary: bool,
    /// Whether it is an error of the API, which the CLI shows as an answer.
    #[serde(default, deserialize_with = "or_default")]
    is_api_error_message: bool,
    /// How many messages there were at the end of a turn, as the CLI counts them.
    #[serde(default, deserialize_with = "lenient")]
    pub message_count: Option<u64>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

impl<'a> TranscriptLine<'a> {
    /// Parses lines. What is not a line of a transcript is left out.
    pub fn parse_all(text: &'a [u8]) -> impl DoubleEndedIterator<Item = Self> {
        // serde takes an array for a struct.
        let objects = text.split(|byte| *byte == b'\n').filter(|line| line.trim_ascii_start().starts_with(b"{"));
        objects.filter_map(|line| serde_json::from_slice(line).ok())
    }

    /// Returns whether the line belongs to the main conversation. It may still hold a note of the CLI only.
    pub fn is_of_conversation(&self) -> bool {
        let is_of_main = !self.is_sidechain && !self.is_meta && !self.is_compact_summary;
        is_of_main && matches!(&*self.r#type, "user" | "assistant")
    }

    /// Returns whether the line is a message of the main conversation: a prompt, an answer, a call, or the result of a call.
    pub fn is_message(&self) -> bool {
        self.is_of_conversation() && self.parts().iter().any(|part| part.is_message(&self.r#type))
    }

    /// Returns the parts of its message. None for an answer that the CLI made up.
    pub fn parts(&self) -> Vec<TranscriptPart<'a>> {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(default, deserialize_with = "or_default")]
            model: String,
            #[serde(borrow)]
            content: Option<&'a RawValue>,
        }
        let json = self.message.map_or("", RawValue::get);
        let message = json.starts_with('{').then(|| serde_json::from_str::<Message<'_>>(json).ok()).flatten();
        let Some(Message { model, content: Some(content) }) = message else { return Vec::new() };
        if model == NO_MODEL && !self.is_api_error_message {
            return Vec::new();
        }
        match lenient_json::parse(content.get()) {
            Some(text) => vec![TranscriptPart::of_text(text)],
            None => TranscriptPart::parse_all(content.get()),
        }
    }
}
