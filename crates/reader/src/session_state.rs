//! The states of a session.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use session_signals_protocol::SignalKind;

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// A turn runs.
    Working,
    /// A call waits for the user's approval, or a question waits for an answer.
    Permission,
    /// The session waits for its user.
    Waiting,
    /// The session is over.
    Ended,
    /// The machine of the session cannot be reached, so what the session does is not known. No rule decides this: see
    /// [`Session::into_unreachable`](crate::Session::into_unreachable).
    Unreachable,
}

impl SessionState {
    /// Returns the state that a signal of this kind reports.
    #[must_use]
    pub fn of_signal(kind: SignalKind) -> Self {
        match kind {
            SignalKind::Ended => Self::Ended,
            SignalKind::Permission => Self::Permission,
            SignalKind::Stop => Self::Waiting,
            SignalKind::Working => Self::Working,
        }
    }

    /// Returns the word for the state in JSON: `working`, `permission`, `waiting`, `ended` or `unreachable`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Permission => "permission",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
            Self::Unreachable => "unreachable",
        }
    }
}

/// A state, and why the session is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedState {
    /// What the session does.
    pub state: SessionState,
    /// The id of the rule that decided: see [`STATE_RULES`](crate::STATE_RULES).
    pub rule: &'static str,
    /// Why, in a few words for the user.
    pub reason: &'static str,
    /// Since when the session is in this state.
    pub since: SystemTime,
}
