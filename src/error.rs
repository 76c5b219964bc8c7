//! What went wrong: `operation path: reason`, in one line.

use crate::event::Kind;
use crate::json;
use crate::spool;
use crate::sys::{self, Errno};
use crate::text::{Path, Text};

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The system said so.
    System(Errno),
    /// No JSON, from this byte (counted from 1) on.
    Json(json::Error, u64),
    /// In words.
    Words(&'static str),
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Standard input.
    Stdin,
    /// The realtime clock.
    Clock,
    /// Working memory.
    Memory,
    /// The configuration directory.
    Config,
    /// The spool directory.
    Spool,
    /// The session's signal of this kind, or its temporary file.
    Signal(Kind),
}

/// A failed operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// A verb: read, open, create, lock, stat, write, rename, delete, …
    pub operation: &'static str,
    /// What it was done to.
    pub place: Place,
    /// Why it failed.
    pub reason: Reason,
}

/// What most functions here return.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// For `map_err`: gives a system's error its operation and place.
    pub fn at(operation: &'static str, place: Place) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { operation, place, reason: Reason::System(errno) }
    }

    /// An error of our own making.
    #[must_use]
    pub fn words(operation: &'static str, place: Place, words: &'static str) -> Self {
        Self { operation, place, reason: Reason::Words(words) }
    }

    /// `who: operation path: reason` and a line feed. `spool_path` is the spool directory's, as far as it is known.
    #[must_use]
    pub fn line(&self, who: &str, spool_path: &Path, session: &[u8]) -> Text<8192> {
        let mut line = Text::of(&[who.as_bytes(), b": ", self.operation.as_bytes(), b" "]);
        match self.place {
            Place::Stdin => line.push(b"stdin"),
            Place::Clock => line.push(b"clock"),
            Place::Memory => line.push(b"memory"),
            Place::Config => line.push(match spool_path.as_bytes().strip_suffix(spool::DIRECTORY) {
                Some(config) => config,
                None => b"configuration directory",
            }),
            Place::Spool => line.push(spool_path.as_bytes()),
            Place::Signal(kind) => {
                for part in [spool_path.as_bytes(), b"/", session, b".", kind.word().as_bytes(), b".json"] {
                    line.push(part);
                }
            }
        }
        line.push(b": ");
        match self.reason {
            Reason::System(errno) => line.push(sys::describe(errno).as_bytes()),
            Reason::Words(words) => line.push(words.as_bytes()),
            Reason::Json(error, offset) => {
                line.push(match error {
                    json::Error::Syntax => b"malformed JSON",
                    json::Error::Utf8 => b"invalid UTF-8",
                    json::Error::Depth => b"JSON nested too deeply",
                });
                line.push(b" at byte ");
                line.push_decimal(offset, 1);
            }
        }
        line.push(b"\n");
        line
    }
}
