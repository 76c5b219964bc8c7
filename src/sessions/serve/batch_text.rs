//! A batch of events as text, piece by piece: a JSON array, or the same on the lines of a server-sent event.
//!
//! Between two pieces nothing is held but where the text goes on: of very many events, and of a large value, there is one
//! copy, the log's, however many read it and however slowly they do.

use std::io;
use std::sync::Weak;

use super::event_log::{LogMessage, reader_too_slow};
use super::feed::Batch;

/// Pieces of at most about this many bytes.
const PIECE_LEN: usize = 64 << 10;

/// The rest of a batch.
pub struct BatchText {
    batch: Batch,
    opening: &'static str,
    /// What begins each line.
    prefix: &'static str,
    /// The value that is being told, how much of it was, and the operation.
    value: Option<(Weak<Box<str>>, usize, &'static str)>,
    is_first: bool,
    is_done: bool,
}

impl BatchText {
    /// The batch, with `opening` before all of it, and `prefix` before each line.
    pub fn new(batch: Batch, opening: &'static str, prefix: &'static str) -> Self {
        Self { batch, opening, prefix, value: None, is_first: true, is_done: false }
    }

    /// Adds what comes next, some of a large value; an error where that was overtaken too long ago.
    fn add_message(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        if let Some((value, told, operation)) = self.value.take() {
            let text = value.upgrade().ok_or_else(reader_too_slow)?;
            let end = text.len().min(told + PIECE_LEN.saturating_sub(piece.len()).max(1));
            piece.extend_from_slice(&text.as_bytes()[told..end]);
            if end < text.len() {
                self.value = Some((value, end, operation));
            } else {
                close_frame(piece, operation);
            }
            return Ok(());
        }
        let Some(LogMessage { key, value, operation }) = self.batch.next()? else {
            self.is_done = true;
            if !self.is_first {
                piece.push(b'\n');
                piece.extend_from_slice(self.prefix.as_bytes());
            }
            piece.push(b']');
            return Ok(());
        };
        let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
        // A session's id needs no escapes, and its JSON holds no line feed.
        for part in [comma, "\n", self.prefix, "{\"type\":\"session\",\"key\":\"", &key, "\",\"value\":"] {
            piece.extend_from_slice(part.as_bytes());
        }
        if let Some(value) = value {
            self.value = Some((value, 0, operation));
        } else {
            piece.extend_from_slice(b"null");
            close_frame(piece, operation);
        }
        Ok(())
    }
}

/// What follows a value.
fn close_frame(piece: &mut Vec<u8>, operation: &str) {
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
        if self.is_first && self.value.is_none() {
            for part in [self.opening, self.prefix, "["] {
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
