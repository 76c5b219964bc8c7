//! One reading of the log, and the messages that it returns.

use std::io;
use std::sync::{Arc, Weak};

/// What a client knows when it starts to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// Nothing.
    Start,
    /// Everything up to this position of this log.
    At(u64),
    /// Something that this log cannot tell, because the client learned it from another run of the server.
    Elsewhere,
}

/// What is sent to a client about one session.
#[derive(Clone, Debug)]
pub struct LogMessage {
    /// The session's id.
    pub key: Arc<str>,
    /// The session's JSON; `None` if the session is gone.
    pub value: Option<Weak<Box<str>>>,
    /// What the change means to the client: `insert`, `update`, `upsert` or `delete`.
    pub operation: &'static str,
}

/// One reading: where the client started, and how far it has come.
#[derive(Clone, Debug)]
pub struct LogReader {
    /// Where the client started.
    pub(super) from: StartPosition,
    /// The position of the last message.
    pub(super) at: u64,
    /// The end of the log when the reading started. The reading ends there.
    pub(super) tail: u64,
}

impl LogReader {
    /// Returns the position of the client after the reading.
    pub fn tail(&self) -> u64 {
        self.tail
    }
}

/// Returns the error of a reading that needs an event which the log has dropped. The client must start again.
pub fn reader_too_slow() -> io::Error {
    io::Error::other("the client reads too slowly")
}
