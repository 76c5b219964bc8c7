//! A batch of events as text, piece by piece: a JSON array, or the same on the lines of a server-sent event.

use std::fmt::Write as _;
use std::vec::IntoIter;

use super::log::{Batch, Event};

/// Pieces of about this many bytes.
const PIECE: usize = 64 << 10;

/// The rest of a batch.
pub struct Frames {
    events: IntoIter<(Event, &'static str)>,
    opening: &'static str,
    /// What begins each line.
    prefix: &'static str,
    is_first: bool,
    is_done: bool,
}

impl Frames {
    /// The batch, with `opening` before all of it, and `prefix` before each line.
    pub fn new(batch: Batch, opening: &'static str, prefix: &'static str) -> Self {
        Self { events: batch.events.into_iter(), opening, prefix, is_first: true, is_done: false }
    }
}

impl Iterator for Frames {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.is_done {
            return None;
        }
        let mut text = String::new();
        if self.is_first {
            text = format!("{}{}[", self.opening, self.prefix);
        }
        while text.len() < PIECE {
            let Some((Event { key, value, .. }, operation)) = self.events.next() else {
                self.is_done = true;
                if !self.is_first {
                    text.push('\n');
                    text += self.prefix;
                }
                text.push(']');
                break;
            };
            let comma = if std::mem::take(&mut self.is_first) { "" } else { "," };
            let (prefix, value) = (self.prefix, value.as_deref().unwrap_or("null"));
            // Writing to a string cannot fail. A session's id needs no escapes, and its JSON holds no line feed.
            let _ = write!(
                text,
                "{comma}\n{prefix}{{\"type\":\"session\",\"key\":\"{key}\",\"value\":{value},\"headers\":{{\"operation\":\"{operation}\"}}}}"
            );
        }
        Some(text)
    }
}
