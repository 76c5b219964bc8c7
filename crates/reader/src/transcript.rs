//! The end of a session's transcript: interrupts and the results of tools, which fire no hook or a late one.

use std::collections::HashSet;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::Value;

use crate::pending_call::PendingCall;
use crate::regular_file;
use crate::timestamps;

/// How much of a transcript is read, from its end, in bytes.
pub const MAX_TAIL_LEN: u64 = 256 << 10;

/// What the end of a transcript shows.
#[derive(Clone, Debug, Default)]
pub struct TranscriptTail {
    /// When the user last interrupted the main agent.
    pub interrupted_at: Option<SystemTime>,
    /// When anything was last written.
    pub written_at: Option<SystemTime>,
    /// When the newest call of the main agent was made that has no result yet.
    pub unanswered_since: Option<SystemTime>,
    /// The main agent's calls, and whether each has its result.
    calls: Vec<(String, Value, bool)>,
}

impl TranscriptTail {
    /// Reads the end of the transcript at `path`.
    ///
    /// # Errors
    /// Where it is no file that can be read.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut file = regular_file::open_regular(path)?;
        let metadata = file.metadata()?;
        let start = metadata.len().saturating_sub(MAX_TAIL_LEN);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(MAX_TAIL_LEN).read_to_end(&mut bytes)?;
        // The first line is cut, unless this is all of it.
        let whole =
            if start == 0 { 0 } else { bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1) };
        Ok(Self {
            written_at: metadata.modified().ok().map(timestamps::clamp_to_rfc3339),
            ..Self::parse(&bytes[whole..])
        })
    }

    /// What the lines show. A line that is no JSON shows nothing.
    pub fn parse(lines: &[u8]) -> Self {
        let mut tail = Self::default();
        let mut ids = Vec::new();
        let mut results = HashSet::new();
        for line in lines.split(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<TranscriptLine>(line) else { continue };
            let Some(Value::Array(parts)) = line.message.map(|message| message.content) else { continue };
            if line.is_sidechain {
                continue;
            }
            let time = line.timestamp.as_deref().and_then(|time| humantime::parse_rfc3339(time).ok());
            for mut part in parts {
                let text = |name| part[name].as_str().unwrap_or_default();
                match (&*line.r#type, text("type")) {
                    ("assistant", "tool_use") => {
                        ids.push((text("id").to_owned(), time));
                        tail.calls.push((text("name").to_owned(), part["input"].take(), false));
                    }
                    ("user", "tool_result") => {
                        results.insert(text("tool_use_id").to_owned());
                    }
                    ("user", "text") if text("text").starts_with("[Request interrupted by user") => {
                        tail.interrupted_at = tail.interrupted_at.max(time);
                    }
                    _ => {}
                }
            }
        }
        for (call, (id, time)) in tail.calls.iter_mut().zip(ids) {
            call.2 = results.contains(&id);
            tail.unanswered_since = tail.unanswered_since.max(time.filter(|_| !call.2));
        }
        tail
    }

    /// Whether the newest such call of the main agent has its result.
    pub fn has_result(&self, call: &PendingCall) -> bool {
        let same = |(name, input, _): &&(String, Value, bool)| {
            call.tool_name.as_ref() == Some(name) && call.tool_input == *input
        };
        call.agent_id.is_none() && self.calls.iter().rev().find(same).is_some_and(|(_, _, done)| *done)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TranscriptLine {
    r#type: String,
    #[serde(default)]
    is_sidechain: bool,
    timestamp: Option<String>,
    message: Option<TranscriptMessage>,
}

#[derive(Deserialize)]
struct TranscriptMessage {
    #[serde(default)]
    content: Value,
}
