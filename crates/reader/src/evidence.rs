//! What is known of one session.

use std::time::SystemTime;

use crate::process_state::ProcessState;
use crate::registry::RegistryEntry;
use crate::session_signals::SessionSignals;
use crate::transcript::TranscriptTail;

/// All that is known of one session. The verdict depends on this and the time, and on nothing else.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Its signals.
    pub signals: SessionSignals,
    /// Its CLI's own account, where a live process vouches for it.
    pub registry: Option<RegistryEntry>,
    /// Whether the process of its newest signal lives.
    pub process: ProcessState,
    /// Whether that process, or the one that the registry names, is of this host for certain.
    pub is_of_this_host: bool,
    /// Since when its process says that it runs another session.
    pub left_at: Option<SystemTime>,
    /// The end of its transcript.
    pub transcript: Option<TranscriptTail>,
}
