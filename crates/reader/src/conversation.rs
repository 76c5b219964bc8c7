//! What user and agent said, as the transcript of a session tells it.

use std::collections::VecDeque;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err::File;

use crate::conversation_part::ConversationPart;
use crate::regular_file::open_regular;
use crate::transcript::MAX_TAIL_LEN;
use crate::transcript_line::TranscriptLine;

/// A transcript of at most this length is read whole at first. Of a longer one only the beginning and the end are read.
const MAX_FIRST_LEN: u64 = 2 * MAX_TAIL_LEN;

/// If no more than this was appended since the last read, all of it is read. A single line may have some megabytes, for example the
/// result of a tool that is an image.
const MAX_NEW_LEN: u64 = 16 << 20;

/// How much of the beginning of a long transcript is read. The first prompt is there.
const HEAD_LEN: u64 = 64 << 10;

/// How many parts are kept.
const MAX_RECENT: usize = 8;

/// What is known of the conversation of a session.
#[derive(Clone, Debug, Default)]
pub struct Conversation {
    /// The first prompt of the user, at most 300 characters of it. A slash command counts only if there is no other prompt. `None`
    /// if no prompt was found.
    pub first_prompt: Option<String>,
    /// How many messages there are: prompts, answers, calls and results of tools.
    ///
    /// The messages are counted one by one. If the transcript is too long to be read whole, the count starts with the number that
    /// the CLI wrote at the end of a turn, which also counts notes of the CLI. If there is no such number, only the messages that
    /// were read are counted.
    pub message_count: u64,
    /// The last eight prompts, answers and calls, oldest first.
    pub recent_parts: VecDeque<ConversationPart>,
}

impl Conversation {
    /// Reads a transcript. At most 512 KiB are read: the whole file, or the first 64 KiB and the last 256 KiB.
    ///
    /// # Errors
    /// The error of the system if the file cannot be opened or read; `InvalidInput` if it is not a regular file.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut reader = ConversationReader::default();
        reader.read_new(path)?;
        Ok(reader.conversation)
    }

    /// Adds what these lines show. If lines were left out before them, the count of the CLI is believed.
    fn add_lines(&mut self, text: &[u8], are_lines_missing: bool) {
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
        for line in lines.iter().rev().filter(|line| line.is_message()) {
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

    /// Looks for the first prompt in these lines, unless it was found before.
    fn find_first_prompt(&mut self, lines: &[TranscriptLine<'_>]) {
        let is_command = |prompt: &str| prompt.starts_with('/');
        if self.first_prompt.as_deref().is_some_and(|prompt| !is_command(prompt)) {
            return;
        }
        let messages = lines.iter().filter(|line| line.is_message() && line.r#type == "user");
        let mut prompts = messages.flat_map(ConversationPart::of_line).map(|part| part.content);
        let command = self.first_prompt.take().or_else(|| prompts.next());
        let is_found = command.as_deref().is_some_and(|command| !is_command(command));
        self.first_prompt = if is_found { command } else { prompts.find(|prompt| !is_command(prompt)).or(command) };
    }
}

/// Follows a transcript: each read takes only what was appended since the last one.
#[derive(Debug, Default)]
pub struct ConversationReader {
    path: PathBuf,
    /// The file that was read. A file that was replaced is read from its beginning.
    inode: u64,
    /// The end of the last whole line that was read.
    position: u64,
    /// The length of the file at the last read.
    len: u64,
    conversation: Conversation,
}

impl ConversationReader {
    /// Returns what was read so far.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Reads what was appended to the transcript at `path`. A file that became shorter, or another file, is read from its
    /// beginning, as [`Conversation::read`] does it. If more than 16 MiB were appended, only the end of it is read.
    ///
    /// # Errors
    /// Those of [`Conversation::read`]. What was read before is kept.
    pub fn read_new(&mut self, path: &Path) -> io::Result<()> {
        // A look at the name is cheaper than opening the file, which may be unchanged or missing.
        let metadata = fs_err::symlink_metadata(path)?;
        if self.path == path && (metadata.ino(), metadata.len()) == (self.inode, self.len) {
            return Ok(());
        }
        let mut file = open_regular(path)?;
        let metadata = file.metadata()?;
        if self.path != path || self.inode != metadata.ino() || metadata.len() < self.position {
            *self = Self { path: path.to_owned(), inode: metadata.ino(), ..Self::default() };
        }
        self.len = metadata.len();
        let limit = if self.position == 0 { MAX_FIRST_LEN } else { MAX_NEW_LEN };
        let are_lines_missing = self.len - self.position > limit;
        if are_lines_missing {
            if self.position == 0 {
                let head = read_range(&mut file, 0, HEAD_LEN)?;
                self.conversation.find_first_prompt(&TranscriptLine::parse_all(&head).collect::<Vec<_>>());
            }
            self.position = self.len - MAX_TAIL_LEN;
        }
        let bytes = read_range(&mut file, self.position, self.len - self.position)?;
        // After a gap, the first line is cut. The last line may be unfinished.
        let start =
            if are_lines_missing { bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1) } else { 0 };
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(start, |end| end + 1);
        self.conversation.add_lines(&bytes[start..end], are_lines_missing);
        self.position += end as u64;
        Ok(())
    }
}

fn read_range(file: &mut File, start: u64, len: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}
