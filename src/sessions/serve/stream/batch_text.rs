//! The text of a batch of messages, in pieces: a JSON array, or the same on the lines of a server-sent event.
//!
//! Between two pieces only the place is stored where the text continues. So the log has the only copy of each value, however
//! large it is, and however many clients read it slowly.

use std::io;
use std::sync::Weak;

use crate::serve::feed::{Batch, LogMessage, reader_too_slow};

/// A piece has about this many bytes at most.
const PIECE_LEN: usize = 64 << 10;

/// The part of a value that is not sent yet.
struct UnsentValue {
    value: Weak<Box<str>>,
    /// How many bytes of it were sent.
    sent: usize,
    operation: &'static str,
}

/// The text of a batch. As an iterator, it returns the pieces that are not sent yet.
pub struct BatchText {
    batch: Batch,
    opening: &'static str,
    /// What is before each line.
    line_prefix: &'static str,
    /// The rest of the value that the last piece ended in.
    unsent: Option<UnsentValue>,
    /// Whether no message was sent yet.
    is_first: bool,
    is_done: bool,
}

impl BatchText {
    /// Returns the text of the batch, with `opening` before it and `line_prefix` before each of its lines.
    pub fn new(batch: Batch, opening: &'static str, line_prefix: &'static str) -> Self {
        Self { batch, opening, line_prefix, unsent: None, is_first: true, is_done: false }
    }

    /// Adds to the piece what comes next: a message, the end of the array, or as much of a value as the piece has room for.
    ///
    /// # Errors
    /// If the value was superseded so long ago that the log has dropped it.
    fn add_message(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        if let Some(UnsentValue { value, sent, operation }) = self.unsent.take() {
            let text = value.upgrade().ok_or_else(reader_too_slow)?;
            let end = text.len().min(sent + PIECE_LEN.saturating_sub(piece.len()).max(1));
            piece.extend_from_slice(&text.as_bytes()[sent..end]);
            if end < text.len() {
                self.unsent = Some(UnsentValue { value, sent: end, operation });
            } else {
                close_message(piece, operation);
            }
            return Ok(());
        }
        let Some(LogMessage { key, value, operation }) = self.batch.next_message()? else {
            self.is_done = true;
            if !self.is_first {
                piece.push(b'\n');
                piece.extend_from_slice(self.line_prefix.as_bytes());
            }
            piece.push(b']');
            return Ok(());
        };
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        // The key of a session needs no escapes: its id and the name of a machine are checked when they are read. The JSON of a session holds no line feed.
        for part in [comma, "\n", self.line_prefix, "{\"type\":\"session\",\"key\":\"", &key, "\",\"value\":"] {
            piece.extend_from_slice(part.as_bytes());
        }
        if let Some(value) = value {
            self.unsent = Some(UnsentValue { value, sent: 0, operation });
        } else {
            piece.extend_from_slice(b"null");
            close_message(piece, operation);
        }
        Ok(())
    }
}

/// Adds the part of a message that follows its value.
fn close_message(piece: &mut Vec<u8>, operation: &str) {
    for part in [",\"headers\":{\"operation\":\"", operation, "\"}}"] {
        piece.extend_from_slice(part.as_bytes());
    }
}

impl Iterator for BatchText {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        if self.is_done {
            return None;
        }
        let mut piece = Vec::new();
        if self.is_first {
            for part in [self.opening, self.line_prefix, "["] {
                piece.extend_from_slice(part.as_bytes());
            }
        }
        while piece.len() < PIECE_LEN && !self.is_done {
            if let Err(error) = self.add_message(&mut piece) {
                self.is_done = true;
                return Some(Err(error));
            }
        }
        Some(Ok(piece))
    }
}
