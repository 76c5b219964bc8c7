//! The four kinds of signals, and which of them make which others false.

/// What a signal says about its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalKind {
    /// A turn is running.
    Working,
    /// Calls wait for the user's decision.
    Permission,
    /// The session waits for the user's next prompt.
    Stop,
    /// The session has ended.
    Ended,
}

/// All kinds, in the order of their discriminants.
pub const SIGNAL_KINDS: [SignalKind; 4] =
    [SignalKind::Working, SignalKind::Permission, SignalKind::Stop, SignalKind::Ended];

impl SignalKind {
    /// Returns the kind with this [word](Self::word); `None` for any other text.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        SIGNAL_KINDS.into_iter().find(|kind| kind.word().as_bytes() == word)
    }

    /// Returns the word in the file's name, `<session_id>.<word>.json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        static WORDS: [&str; 4] = ["working", "permission", "stop", "ended"];
        WORDS[self as usize]
    }

    /// Returns the name of the stamp: the member that says since when the signal is true.
    #[must_use]
    pub fn stamp_member(self) -> &'static str {
        static MEMBERS: [&str; 4] = ["working_since", "pending_since", "stopped_at", "ended_at"];
        MEMBERS[self as usize]
    }

    /// Returns the kinds of signals that are no longer true once a signal of this kind is published.
    #[must_use]
    pub fn supersedes(self) -> &'static [SignalKind] {
        match self {
            Self::Working => &[Self::Stop, Self::Ended],
            Self::Permission => &[Self::Ended],
            Self::Stop => &[Self::Working, Self::Ended],
            Self::Ended => &[Self::Working, Self::Permission, Self::Stop],
        }
    }
}
