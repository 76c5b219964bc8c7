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
    Json(json::Error, u32),
    /// In words.
    Words(Words),
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

/// The verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its word")]
pub enum Operation {
    Read,
    Open,
    Create,
    Stat,
    Write,
    Rename,
    Delete,
    Find,
    Use,
    Allocate,
    Change,
    Recover,
    AddTo,
}

impl Operation {
    fn word(self) -> &'static [u8] {
        let words = b"read\nopen\ncreate\nstat\nwrite\nrename\ndelete\nfind\nuse\nallocate\nchange\nrecover\nadd to";
        line_of(words, self as usize)
    }
}

/// Reasons of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its text")]
pub enum Words {
    NoHome,
    LongPath,
    NotOurs,
    Open,
    NoFile,
    TooLarge,
    TooMuch,
    TooLate,
    Empty,
    Torn,
    NoObject,
    LargeObject,
    NoSession,
    BadSession,
    NoEvent,
    OtherEvent,
}

impl Words {
    fn text(self) -> &'static [u8] {
        let texts = b"\
            neither CLAUDE_CONFIG_DIR nor HOME is set\n\
            its path is longer than 4095 bytes\n\
            it belongs to another user\n\
            others may write to it (chmod 700 it)\n\
            it is not a regular file\n\
            it is larger than 256 MiB\n\
            too much waits already\n\
            no complete JSON object within 1 s\n\
            empty\n\
            it ends inside the JSON object\n\
            not a JSON object\n\
            the JSON object is larger than 64 MiB\n\
            no session_id\n\
            session_id is not a string of 1 to 128 letters, digits, _ and -\n\
            no hook_event_name\n\
            hook_event_name is no event of this hook";
        line_of(texts, self as usize)
    }
}

/// One line of a text. A table of texts would take 16 bytes more for each of them.
pub(crate) fn line_of(text: &[u8], number: usize) -> &[u8] {
    part_of(text, b'\n', number)
}

/// What stands between two separators, counted from 0; empty where there is none.
#[inline(never)]
pub(crate) fn part_of(text: &[u8], separator: u8, number: usize) -> &[u8] {
    text.split(|byte| *byte == separator).nth(number).unwrap_or_default()
}

/// Which line of a text this one is.
#[inline(never)]
pub(crate) fn number_of(text: &[u8], line: &[u8]) -> Option<usize> {
    text.split(|byte| *byte == b'\n').position(|found| found == line)
}

/// A failed operation. Twelve bytes, in which no text has room: they are returned in registers, which saves the hooks 2 KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was tried.
    pub operation: Operation,
    /// What it was done to.
    pub place: Place,
    /// Why it failed.
    pub reason: Reason,
}

/// What most functions here return.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// For `map_err`: gives a system's error its operation and place.
    pub fn at(operation: Operation, place: Place) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { operation, place, reason: Reason::System(errno) }
    }

    /// An error of our own making.
    #[must_use]
    pub fn words(operation: Operation, place: Place, words: Words) -> Self {
        Self { operation, place, reason: Reason::Words(words) }
    }

    /// `who: operation path: reason` and a line feed. `spool_path` is the spool directory's, as far as it is known.
    #[must_use]
    pub fn line(&self, who: &str, spool_path: &Path, session: &[u8]) -> Text<8192> {
        let mut line = Text::of(&[who.as_bytes(), b": ", self.operation.word(), b" "]);
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
            Reason::Words(words) => line.push(words.text()),
            Reason::Json(error, offset) => {
                line.push(match error {
                    json::Error::Syntax => b"malformed JSON",
                    json::Error::Utf8 => b"invalid UTF-8",
                    json::Error::Depth => b"JSON nested too deeply",
                });
                line.push(b" at byte ");
                line.push_decimal(offset.into(), 1);
            }
        }
        line.push(b"\n");
        line
    }
}
