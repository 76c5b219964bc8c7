//! One event of the log.

use std::sync::Arc;

/// The JSON of a session. The log has the only strong reference; messages have weak ones.
pub type EventValue = Arc<Box<str>>;

/// The newest change of a session.
pub struct LogEvent {
    /// The session's id.
    pub key: Arc<str>,
    /// The session's JSON; `None` if the session is gone.
    pub value: Option<EventValue>,
    /// The position of the event with which the session came, or came back.
    pub inserted: u64,
}
