//! What user and agent said, as the transcript of a session tells it.

use std::collections::VecDeque;
use std::io;
use std::path::Path;

use crate::conversation_part::{ConversationPart, ConversationRole};
use crate::conversation_reader::ConversationReader;
use crate::transcript_line::TranscriptLine;

/// How many parts are kept.
const MAX_RECENT: usize = 8;

/// What is known of the conversation of a session.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// The first prompt of the user, at most 300 characters of it. A slash command counts only if there is no other prompt. `None`
    /// if no prompt was found.
    pub first_prompt: Option<String>,
    /// How many messages there are. A message is a line of the transcript with a prompt, an answer, a call, or the result of a
    /// call. Notes of the CLI, thoughts of the agent, and the lines of subagents are no messages.
    ///
    /// The messages are counted one by one. If there is a gap, the count starts with the number that the CLI wrote at the end of a
    /// turn. That number also counts notes of the CLI, so it is too high. If there is no such number, only the messages that
    /// were read are counted, so the count is too low.
    pub message_count: u64,
    /// Whether a part of the transcript was not read, because the transcript is too long. Then a prompt that was read after the gap
    /// is not taken for the first one, and [`message_count`](Self::message_count) is not exact.
    pub has_gap: bool,
    /// The last eight prompts, answers and calls, oldest first.
    pub recent_parts: VecDeque<ConversationPart>,
}

impl Conversation {
    /// Reads a transcript of at most 512 KiB whole, and of a longer one the first 64 KiB and the last 256 KiB. More is read of a
    /// beginning without a prompt, up to 1 MiB, and of an end without a whole line, up to 16 MiB.
    ///
    /// # Errors
    /// The error of the system if the file cannot be opened or read; `InvalidInput` if it is not a regular file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut reader = ConversationReader::default();
        reader.read_new(path)?;
        Ok(reader.into_conversation())
    }

    /// Returns whether these lines have a prompt that is no slash command.
    pub(crate) fn has_prompt(text: &[u8]) -> bool {
        let mut conversation = Self::default();
        conversation.find_first_prompt(&TranscriptLine::parse_all(text).collect::<Vec<_>>());
        conversation.first_prompt.is_some_and(|prompt| !is_command(&prompt))
    }

    /// Leaves out lines of which this is the beginning. Only the first prompt is taken from it.
    pub(crate) fn skip_lines(&mut self, head: &[u8]) {
        self.find_first_prompt(&TranscriptLine::parse_all(head).collect::<Vec<_>>());
        self.has_gap = true;
    }

    /// Adds what these lines show. If lines were left out before them, the count of the CLI is believed.
    pub(crate) fn add_lines(&mut self, text: &[u8], are_lines_missing: bool) {
        let lines: Vec<_> = TranscriptLine::parse_all(text).collect();
        for line in &lines {
            match line.message_count {
                Some(count) if are_lines_missing => self.message_count = count,
                _ => self.message_count += u64::from(line.is_message()),
            }
        }
        self.find_first_prompt(&lines);
        // Only the newest parts are kept, so only the last messages are parsed.
        let mut newest = VecDeque::new();
        for line in lines.iter().rev().filter(|line| line.is_of_conversation()) {
            for part in ConversationPart::of_line(line).into_iter().rev() {
                newest.push_front(part);
            }
            if newest.len() >= MAX_RECENT {
                break;
            }
        }
        self.recent_parts.append(&mut newest);
        self.recent_parts.drain(..self.recent_parts.len().saturating_sub(MAX_RECENT));
    }

    /// Looks for the first prompt in these lines, unless it was found before or was left out.
    fn find_first_prompt(&mut self, lines: &[TranscriptLine<'_>]) {
        if self.has_gap || self.first_prompt.as_deref().is_some_and(|prompt| !is_command(prompt)) {
            return;
        }
        let parts = lines.iter().filter(|line| line.is_of_conversation()).flat_map(ConversationPart::of_line);
        let mut prompts = parts.filter(|part| part.role == ConversationRole::User).map(|part| part.content);
        let command = self.first_prompt.take().or_else(|| prompts.next());
        let is_found = command.as_deref().is_some_and(|command| !is_command(command));
        self.first_prompt = if is_found { command } else { prompts.find(|prompt| !is_command(prompt)).or(command) };
    }
}

fn is_command(prompt: &str) -> bool {
    prompt.starts_with('/')
}
