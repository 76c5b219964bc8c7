//! The end of a session's transcript. It shows interrupts and results of tools, for which there is no hook or a late one.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::pending_call::PendingCall;
use crate::regular_file;
use crate::timestamps;
use crate::transcript_end::TranscriptEnd;
use crate::transcript_line::TranscriptLine;

/// What the end of a transcript shows.
#[derive(Clone, Debug, Default)]
pub struct TranscriptTail {
    /// When the user last interrupted the main agent.
    pub interrupted_at: Option<SystemTime>,
    /// When the transcript was last written to.
    pub written_at: Option<SystemTime>,
    /// When the newest call of the main agent that has no result was made.
    pub unanswered_since: Option<SystemTime>,
    /// The calls of the main agent, oldest first.
    calls: Vec<RecordedCall>,
}

impl TranscriptTail {
    /// Reads the last 256 KiB of the transcript at `path`. If they have no whole line, up to 16 MiB are read.
    ///
    /// A [`ConversationReader`](crate::ConversationReader) reads the same file, but only what was appended. The two do not share
    /// their reads: a tail is needed only for the few sessions of which the registry says nothing, and evidence has no memory.
    ///
    /// # Errors
    /// The error of the system if the file cannot be opened or read; `InvalidInput` if it is not a regular file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut file = regular_file::open_regular(path)?;
        let metadata = file.metadata()?;
        let end = TranscriptEnd::read(&mut file, 0, metadata.len())?;
        Ok(Self { written_at: metadata.modified().ok().map(timestamps::clamp_to_rfc3339), ..Self::parse(&end.bytes) })
    }

    /// Returns what these lines show. A line that is not JSON shows nothing.
    #[must_use]
    pub fn parse(lines: &[u8]) -> Self {
        let mut tail = Self::default();
        let mut call_ids = Vec::new();
        let mut result_ids = HashSet::new();
        for line in TranscriptLine::parse_all(lines).filter(|line| !line.is_sidechain) {
            let time = line.timestamp.as_deref().and_then(|time| humantime::parse_rfc3339(time).ok());
            for part in line.parts() {
                match (&*line.r#type, &*part.kind) {
                    ("assistant", "tool_use") => {
                        let input = part.input();
                        call_ids.push((part.id, time));
                        tail.calls.push(RecordedCall { name: part.name, input, has_result: false });
                    }
                    ("user", "tool_result") => {
                        result_ids.insert(part.tool_use_id);
                    }
                    ("user", "text") if part.text.starts_with("[Request interrupted by user") => {
                        tail.interrupted_at = tail.interrupted_at.max(time);
                    }
                    _ => {}
                }
            }
        }
        for (call, (id, time)) in tail.calls.iter_mut().zip(call_ids) {
            call.has_result = result_ids.contains(&id);
            tail.unanswered_since = tail.unanswered_since.max(time.filter(|_| !call.has_result));
        }
        tail
    }

    /// Returns whether the newest call of the main agent with the same tool and input has a result. False for a call of a
    /// subagent, because its transcript is another file.
    #[must_use]
    pub fn has_result(&self, call: &PendingCall) -> bool {
        let is_same = |recorded: &&RecordedCall| {
            call.tool_name.as_ref() == Some(&recorded.name) && call.tool_input == recorded.input
        };
        call.agent_id.is_none() && self.calls.iter().rev().find(is_same).is_some_and(|recorded| recorded.has_result)
    }
}

/// A call in a transcript.
#[derive(Clone, Debug)]
struct RecordedCall {
    name: String,
    input: Value,
    has_result: bool,
}
