//! When conversations are read.

/// When the model reads the conversations of the sessions for its sink. It takes long to read them, and there may be very many
/// sessions that have ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConversationReading {
    /// Never.
    Never,
    /// Before the session is published, if the session is open, or if it was published before and has changed.
    OfOpenSessions,
    /// Before the session is published.
    AtOnce,
    /// As at once, if the session is open. If it has ended, after it was published. Then it is published again.
    OfEndedSessionsLater,
}
