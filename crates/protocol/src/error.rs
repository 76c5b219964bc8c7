//! What went wrong: `operation path: reason`, in one line.

use crate::byte_list::nth_line;
use crate::file_names::{SIGNAL_DIR_SUFFIX, signal_file_name};
use crate::json;
use crate::signal_kind::SignalKind;
use crate::system::{self, Errno};
use crate::text::{Path, Text};

/// Why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The system said so.
    System(Errno),
    /// No JSON, from this byte (counted from 1) on.
    Json(json::JsonError, u32),
    /// In words.
    Problem(Problem),
}

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
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
    Signal(SignalKind),
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
        nth_line(words, self as usize)
    }
}

/// Reasons of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its text")]
pub enum Problem {
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

impl Problem {
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
        nth_line(texts, self as usize)
    }
}

/// A failed operation. Twelve bytes, in which no text has room: they are returned in registers, which saves the hooks 2 KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was tried.
    pub operation: Operation,
    /// What it was done to.
    pub subject: Subject,
    /// Why it failed.
    pub reason: Reason,
}

/// What most functions here return.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// For `map_err`: gives a system's error its operation and place.
    pub fn from_system(operation: Operation, place: Subject) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { operation, subject: place, reason: Reason::System(errno) }
    }

    /// An error of our own making.
    #[must_use]
    pub fn from_problem(operation: Operation, place: Subject, words: Problem) -> Self {
        Self { operation, subject: place, reason: Reason::Problem(words) }
    }

    /// `who: operation path: reason` and a line feed. `spool_path` is the spool directory's, as far as it is known.
    #[must_use]
    pub fn to_line(&self, who: &str, spool_path: &Path, session: &[u8]) -> Text<8192> {
        let mut line = Text::concat(&[who.as_bytes(), b": ", self.operation.word(), b" "]);
        match self.subject {
            Subject::Stdin => line.push(b"stdin"),
            Subject::Clock => line.push(b"clock"),
            Subject::Memory => line.push(b"memory"),
            Subject::Config => line.push(match spool_path.as_bytes().strip_suffix(SIGNAL_DIR_SUFFIX) {
                Some(config) => config,
                None => b"configuration directory",
            }),
            Subject::Spool => line.push(spool_path.as_bytes()),
            Subject::Signal(kind) => {
                for part in [spool_path.as_bytes(), b"/", signal_file_name(session, kind).as_bytes()] {
                    line.push(part);
                }
            }
        }
        line.push(b": ");
        match self.reason {
            Reason::System(errno) => line.push(system::describe_error(errno).as_bytes()),
            Reason::Problem(words) => line.push(words.text()),
            Reason::Json(error, offset) => {
                line.push(match error {
                    json::JsonError::Syntax => b"malformed JSON",
                    json::JsonError::Utf8 => b"invalid UTF-8",
                    json::JsonError::Depth => b"JSON nested too deeply",
                });
                line.push(b" at byte ");
                line.push_decimal(offset.into(), 1);
            }
        }
        line.push(b"\n");
        line
    }
}
