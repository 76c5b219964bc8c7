//! The members of a signal that are needed only while it is parsed.

use serde::Deserialize;
use serde_json::Value;
use session_signals_protocol::SignalKind;

use crate::lenient_json::lenient;

/// Since when the session does what the signal says, in the member of each kind, and the format of the file.
///
/// They are not part of [`SignalMembers`](crate::SignalMembers), which stay in memory for very many signals.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct SignalStamps {
    #[serde(deserialize_with = "lenient")]
    working_since: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pending_since: Option<String>,
    #[serde(deserialize_with = "lenient")]
    stopped_at: Option<String>,
    #[serde(deserialize_with = "lenient")]
    ended_at: Option<String>,
    /// The version of the format of the file.
    #[serde(deserialize_with = "lenient")]
    pub signal_format: Option<Value>,
}

impl SignalStamps {
    /// Returns the stamp of a signal of this kind.
    pub fn of_kind(&self, kind: SignalKind) -> Option<&str> {
        let stamps = [&self.working_since, &self.pending_since, &self.stopped_at, &self.ended_at];
        stamps[kind as usize].as_deref()
    }
}
