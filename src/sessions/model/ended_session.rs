//! What is remembered of the conversation of a session that has ended.

use std::num::NonZeroU64;

/// What is remembered of a session that has ended. There may be very many of them, so this is small.
#[derive(Default)]
pub struct EndedSession {
    /// The hash of what was published together with the conversation; `None` if the session was published without it.
    pub version: Option<NonZeroU64>,
    pub progress: ReadingProgress,
}

/// Whether the conversation of a session that has ended must be read.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub enum ReadingProgress {
    /// Nothing was said about it yet, or the session is open.
    #[default]
    New,
    /// It was read, or there is nothing to read.
    Done,
    /// The session is in the backlog.
    Waiting,
    /// The session has left the backlog: it is its turn.
    Due,
}
