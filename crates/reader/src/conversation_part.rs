//! One thing that was said or done in a conversation.

use serde::Serialize;
use serde_json::Value;

use crate::shorten::{shorten, shorten_line};
use crate::transcript_line::TranscriptLine;

/// The most characters of an answer that are shown.
const MAX_ANSWER_LEN: usize = 500;

/// The most characters of a prompt that are shown.
pub const MAX_PROMPT_LEN: usize = 300;

/// The most characters that are shown of what a call is about.
const MAX_TARGET_LEN: usize = 100;

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

/// Who said or did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConversationPart {
    /// Who said or did it. In JSON: `user`, `assistant` or `tool`.
    pub role: ConversationRole,
    /// The text: at most 300 characters of a prompt and 500 of an answer. Of a call the name of the tool and what it is about,
    /// such as `Bash: cargo test`.
    pub content: String,
}

impl ConversationPart {
    /// Returns the parts of a line, oldest first. The result of a tool is no part.
    pub(crate) fn of_line(line: &TranscriptLine<'_>) -> Vec<Self> {
        match line.content() {
            Value::String(text) => Self::of_text(line, &text).into_iter().collect(),
            Value::Array(parts) => parts.iter().filter_map(|part| Self::of_value(line, part)).collect(),
            _ => Vec::new(),
        }
    }

    fn of_value(line: &TranscriptLine<'_>, part: &Value) -> Option<Self> {
        match part["type"].as_str()? {
            "text" => Self::of_text(line, part["text"].as_str()?),
            "tool_use" => {
                let (name, target) = (part["name"].as_str()?, call_target(&part["input"]));
                let content = if target.is_empty() { name.to_owned() } else { format!("{name}: {target}") };
                Some(Self { role: ConversationRole::Tool, content })
            }
            _ => None,
        }
    }

    fn of_text(line: &TranscriptLine<'_>, text: &str) -> Option<Self> {
        let text = text.trim();
        let (role, content) = if line.r#type == "user" {
            (ConversationRole::User, shorten(&written_by_user(text)?, MAX_PROMPT_LEN))
        } else {
            (ConversationRole::Assistant, shorten(text, MAX_ANSWER_LEN))
        };
        (!content.is_empty()).then_some(Self { role, content })
    }
}

/// Returns what the user typed. `None` if the CLI wrote the text.
fn written_by_user(text: &str) -> Option<String> {
    let inner = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once(&format!("</{tag}>"))?.0.trim())
    };
    if text.starts_with("<command-") {
        let arguments = inner("command-args").unwrap_or_default();
        return Some(format!("{} {arguments}", inner("command-name")?).trim().to_owned());
    }
    if text.starts_with("<bash-input>") {
        return Some(format!("!{}", inner("bash-input")?));
    }
    (!NOTES_OF_THE_CLI.iter().any(|note| text.starts_with(note))).then(|| text.to_owned())
}

/// Returns what a call is about, in one line: its file, its command, its pattern, or else the begin of its input.
pub fn call_target(input: &Value) -> String {
    const MEMBERS: [&str; 8] =
        ["file_path", "notebook_path", "command", "pattern", "url", "query", "description", "message"];
    let member = MEMBERS.iter().find_map(|name| input.get(name)?.as_str());
    match (member, input) {
        (Some(member), _) => shorten_line(member, MAX_TARGET_LEN),
        (None, Value::Null) => String::new(),
        (None, Value::Object(members)) if members.is_empty() => String::new(),
        (None, input) => shorten_line(&input.to_string(), MAX_TARGET_LEN),
    }
}
