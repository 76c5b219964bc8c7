//! What a session needs its user for.

use std::time::SystemTime;

use session_signals_reader::{Session, SessionState};

/// The rules of a state that the user brought about: the user pressed Esc, denied a call or opened a dialog, and so was there.
pub const RULES_OF_USERS_ACTS: [&str; 4] = ["denied", "dialog", "interrupted", "marked"];

/// Why a session needs its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub kind: NeedKind,
    /// Since when the session is in its state.
    pub since: SystemTime,
    /// Whether the user did what made the session wait.
    pub is_users_act: bool,
}

/// What the user must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedKind {
    /// Approve a call or answer a question. `None` if it is not known which call waits.
    Approval(Option<WaitingCall>),
    /// Type the next prompt.
    Prompt,
}

/// The oldest call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingCall {
    /// Tells this call from others of its session.
    pub identity: String,
    /// When the call was made.
    pub asked_at: Option<SystemTime>,
}

impl Need {
    /// Returns what the session needs its user for; `None` if it needs nobody.
    pub fn of_session(session: &Session) -> Option<Self> {
        if !session.needs_user() {
            return None;
        }
        let call = session.pending_permission.as_ref().map(|call| WaitingCall {
            identity: format!("{:?} {} {}", call.agent_id, call.tool_name, call.tool_input),
            asked_at: call.pending_since,
        });
        Some(Self {
            kind: if session.state == SessionState::Permission { NeedKind::Approval(call) } else { NeedKind::Prompt },
            since: session.since,
            is_users_act: RULES_OF_USERS_ACTS.contains(&session.rule),
        })
    }
}
