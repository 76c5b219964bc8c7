//! One thing that was said or done in a conversation.

use serde::{Deserialize, Serialize};

use crate::call_target::call_target;
use crate::shorten::{shorten, shorten_line};
use crate::transcript_line::TranscriptLine;
use crate::transcript_part::TranscriptPart;

/// The most characters of an answer that are shown.
const MAX_ANSWER_LEN: usize = 500;

/// The most characters of a prompt that are shown.
pub const MAX_PROMPT_LEN: usize = 300;

/// The most characters that are shown of what a call is about.
pub const MAX_TARGET_LEN: usize = 100;

/// Who said or did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationRole {
    /// The user.
    User,
    /// The agent.
    Assistant,
    /// The agent, by a call of a tool.
    Tool,
}

/// A prompt, an answer or a call, shortened for display.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ConversationPart {
    /// Who said or did it. In JSON: `user`, `assistant` or `tool`.
    pub role: ConversationRole,
    /// The text: at most 300 characters of a prompt and 500 of an answer. Of a call the name of the tool and what it is about,
    /// such as `Bash: cargo test`.
    pub content: String,
}

impl ConversationPart {
    /// Returns the parts of a line of the conversation, oldest first. The result of a tool and an image are no parts.
    pub(crate) fn of_line(line: &TranscriptLine<'_>) -> Vec<Self> {
        line.parts().iter().filter_map(|part| Self::of_part(&line.r#type, part)).collect()
    }

    fn of_part(line_type: &str, part: &TranscriptPart<'_>) -> Option<Self> {
        if !part.is_message(line_type) {
            return None;
        }
        let (role, content) = match &*part.kind {
            "text" if line_type == "user" => {
                (ConversationRole::User, shorten(&part.written_by_user()?, MAX_PROMPT_LEN))
            }
            "text" => (ConversationRole::Assistant, shorten(part.text.trim(), MAX_ANSWER_LEN)),
            _ if part.is_call() => {
                let target = shorten_line(&call_target(&part.input()), MAX_TARGET_LEN);
                let name = &part.name;
                let content = if target.is_empty() { name.clone() } else { format!("{name}: {target}") };
                (ConversationRole::Tool, content)
            }
            _ => return None,
        };
        Some(Self { role, content })
    }
}
