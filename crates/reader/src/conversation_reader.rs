//! Follows the transcript of a session.

use std::io;
use std::path::{Path, PathBuf};

use fs_err::File;

use crate::conversation::Conversation;
use crate::file_stamp::FileStamp;
use crate::regular_file::open_regular;
use crate::transcript_end::{MAX_END_LEN, MAX_TAIL_LEN, TranscriptEnd, read_range};

/// A transcript of at most this length is read whole at first. Of a longer one only the beginning and the end are read.
const MAX_FIRST_LEN: u64 = 2 * MAX_TAIL_LEN;

/// How much of the beginning of a long transcript is read. The first prompt is there.
const HEAD_LEN: u64 = 64 << 10;

/// How much of the beginning is read if the first 64 KiB have no prompt. For example, the first prompt may be a long text.
const MAX_HEAD_LEN: u64 = 1 << 20;

/// How many bytes before the known end are remembered. If they change, the transcript was written again. The lines of the CLI
/// have an id and a time there.
const MAX_LAST_LEN: usize = 256;

/// Follows a transcript: each read takes only what was appended since the last one.
#[derive(Debug, Default)]
pub struct ConversationReader {
    path: PathBuf,
    /// The file, as it was at the last read.
    stamp: FileStamp,
    /// The end of the last whole line that was read.
    position: u64,
    /// The last bytes before `position`.
    last_bytes: Vec<u8>,
    conversation: Conversation,
}

impl ConversationReader {
    /// Returns what was read so far.
    #[must_use]
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Returns what was read so far, and forgets the rest.
    #[must_use]
    pub fn into_conversation(self) -> Conversation {
        self.conversation
    }

    /// Reads what was appended to the transcript at `path`. Another file, and a file that was not only appended to, is read from
    /// its beginning, as [`Conversation::read`] does it. If more than 16 MiB were appended, only the end of it is read.
    ///
    /// # Errors
    /// Those of [`Conversation::read`]. What was read before is kept, and what could not be read is read the next time.
    pub fn read_new(&mut self, path: &Path) -> io::Result<()> {
        // A look at the name is cheaper than opening the file, which may be unchanged or missing.
        let stamp = FileStamp::read(path)?;
        if self.path == path && self.stamp == stamp {
            return Ok(());
        }
        let mut file = open_regular(path)?;
        let stamp = FileStamp::of(&file.metadata()?);
        if self.path == path && self.is_continued_by(&mut file, &stamp)? {
            return self.read_appended(&mut file, stamp);
        }
        // The reader that starts again takes the place of this one only if it can read the file.
        let mut reader = Self { path: path.to_owned(), ..Self::default() };
        reader.read_appended(&mut file, stamp)?;
        *self = reader;
        Ok(())
    }

    /// Returns whether the file is the one that was read, and still has what was read. The CLI and others may write a transcript
    /// again in place.
    fn is_continued_by(&self, file: &mut File, stamp: &FileStamp) -> io::Result<bool> {
        if !self.stamp.is_of_same_file(stamp) || stamp.len < self.position {
            return Ok(false);
        }
        let start = self.position - self.last_bytes.len() as u64;
        Ok(read_range(file, start, self.position)? == self.last_bytes)
    }

    /// Reads what is after the known end. Nothing changes if that fails.
    fn read_appended(&mut self, file: &mut File, stamp: FileStamp) -> io::Result<()> {
        let limit = if self.position == 0 { MAX_FIRST_LEN } else { MAX_END_LEN };
        if stamp.len - self.position <= limit {
            let bytes = read_range(file, self.position, stamp.len)?;
            self.add_bytes(&bytes, false);
        } else {
            let end = TranscriptEnd::read(file, self.position, stamp.len)?;
            let head = if self.position == 0 { read_head(file)? } else { Vec::new() };
            self.conversation.skip_lines(&head);
            self.position = end.start;
            self.last_bytes.clear();
            self.add_bytes(&end.bytes, true);
        }
        self.stamp = stamp;
        Ok(())
    }

    /// Adds the whole lines of what follows the known end.
    fn add_bytes(&mut self, bytes: &[u8], are_lines_missing: bool) {
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = &bytes[..end];
        self.conversation.add_lines(lines, are_lines_missing);
        self.position += end as u64;
        self.last_bytes.extend_from_slice(&lines[end.saturating_sub(MAX_LAST_LEN)..]);
        self.last_bytes.drain(..self.last_bytes.len().saturating_sub(MAX_LAST_LEN));
    }
}

/// Reads the beginning of a long transcript, as far as the first prompt.
fn read_head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut len = HEAD_LEN;
    loop {
        let head = read_range(file, 0, len)?;
        if len >= MAX_HEAD_LEN || Conversation::has_prompt(&head) {
            return Ok(head);
        }
        len *= 4;
    }
}
