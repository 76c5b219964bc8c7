//! Errors of hooks, which are reported in one line: `operation path: reason`.

use crate::byte_list::nth_line;
use crate::file_names::{SIGNAL_DIR_SUFFIX, signal_file_name};
use crate::json;
use crate::signal_kind::SignalKind;
use crate::system::{self, Errno};
use crate::text::{Path, Text};

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The system reported this error.
    System(Errno),
    /// The input is not JSON. The number is the byte at which that is clear, counted from 1.
    Json(json::JsonError, u32),
    /// The hook refuses to go on.
    Problem(Problem),
}

/// What an operation was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Standard input.
    Stdin,
    /// The realtime clock.
    Clock,
    /// Working memory.
    Memory,
    /// The configuration directory.
    ConfigDir,
    /// The signal directory.
    SignalDir,
    /// The session's signal of this kind, or its temporary file.
    Signal(SignalKind),
}

/// An operation that can fail. Messages name it by its verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its verb")]
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
    /// Returns the verb. The verbs are in the order of the variants.
    fn verb(self) -> &'static [u8] {
        let verbs = b"read\nopen\ncreate\nstat\nwrite\nrename\ndelete\nfind\nuse\nallocate\nchange\nrecover\nadd to";
        nth_line(verbs, self as usize)
    }
}

/// A reason for which a hook refuses to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained by its text")]
pub enum Problem {
    NoHome,
    PathTooLong,
    OtherOwner,
    WritableByOthers,
    NotRegularFile,
    SignalTooLarge,
    ListFull,
    StdinTimeout,
    StdinEmpty,
    ObjectTruncated,
    NotObject,
    ObjectTooLarge,
    NoSessionId,
    BadSessionId,
    NoEventName,
    OtherHooksEvent,
}

impl Problem {
    /// Returns the text of a message. The texts are in the order of the variants.
    fn text(self) -> &'static [u8] {
        let texts = b"\
            neither CLAUDE_CONFIG_DIR nor HOME is set\n\
            its path is longer than 4095 bytes\n\
            it belongs to another user\n\
            others may write to it (chmod 700 it)\n\
            it is not a regular file\n\
            it is larger than 256 MiB\n\
            its list of calls is full\n\
            no complete JSON object within 1 s\n\
            empty\n\
            it ends inside the JSON object\n\
            not a JSON object\n\
            the JSON object is larger than 64 MiB\n\
            no session_id\n\
            session_id is not a string of 1 to 128 letters, digits, _ and -\n\
            no hook_event_name\n\
            hook_event_name is not an event of this hook";
        nth_line(texts, self as usize)
    }
}

/// A failed operation.
///
/// It takes twelve bytes and holds no text. So it is returned in registers, which saves the hooks 2 KB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    /// What was tried.
    pub operation: Operation,
    /// What it was done to.
    pub subject: Subject,
    /// Why it failed.
    pub reason: Reason,
}

/// The result of most functions of this crate.
pub type Result<T> = core::result::Result<T, Error>;

impl Error {
    /// Returns a function for `map_err` that adds the operation and the subject to an error of the system.
    pub fn from_system(operation: Operation, subject: Subject) -> impl FnOnce(Errno) -> Self {
        move |errno| Self { operation, subject, reason: Reason::System(errno) }
    }

    /// Makes an error of this problem.
    #[must_use]
    pub fn from_problem(operation: Operation, subject: Subject, problem: Problem) -> Self {
        Self { operation, subject, reason: Reason::Problem(problem) }
    }

    /// Formats the error as `program: operation path: reason` and a line feed. `signal_dir` is the path of the signal
    /// directory, as far as it is known.
    #[must_use]
    pub fn to_line(&self, program: &str, signal_dir: &Path, session: &[u8]) -> Text<8192> {
        let mut line = Text::concat(&[program.as_bytes(), b": ", self.operation.verb(), b" "]);
        match self.subject {
            Subject::Stdin => line.push(b"stdin"),
            Subject::Clock => line.push(b"clock"),
            Subject::Memory => line.push(b"memory"),
            Subject::ConfigDir => line.push(match signal_dir.as_bytes().strip_suffix(SIGNAL_DIR_SUFFIX) {
                Some(config_dir) => config_dir,
                None => b"configuration directory",
            }),
            Subject::SignalDir => line.push(signal_dir.as_bytes()),
            Subject::Signal(kind) => {
                for part in [signal_dir.as_bytes(), b"/", signal_file_name(session, kind).as_bytes()] {
                    line.push(part);
                }
            }
        }
        line.push(b": ");
        match self.reason {
            Reason::System(errno) => line.push(system::describe_error(errno).as_bytes()),
            Reason::Problem(problem) => line.push(problem.text()),
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
