//! What is known of a session, each source read by its own file, each optional.
//!
//! A file that is missing, empty, torn, huge, foreign or hostile costs that piece of evidence and no other;
//! what was passed over is counted.

mod collector;
pub mod host;
mod lenient_json;
pub mod pid_namespaces;
pub mod registry;
pub mod regular_file;
pub mod signal;
mod snapshot;
pub mod timestamps;
pub mod transcript;

use std::time::SystemTime;

pub use collector::{Collector, is_time_independent};
pub use host::ProcessLife;
pub use registry::{RegistryEntry, RegistryStatus};
pub use signal::{PendingCall, SessionSignals, Signal};
pub use snapshot::Snapshot;
pub use transcript::TranscriptTail;

/// All that is known of one session. The verdict depends on this and the time, and on nothing else.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Its signals.
    pub signals: SessionSignals,
    /// Its CLI's own account, where a live process vouches for it.
    pub registry: Option<RegistryEntry>,
    /// Whether the process of its newest signal lives.
    pub life: ProcessLife,
    /// Whether that process, or the one that the registry names, is of this host for certain.
    pub is_of_this_host: bool,
    /// Since when its process says that it runs another session.
    pub left: Option<SystemTime>,
    /// The end of its transcript.
    pub transcript: Option<TranscriptTail>,
}
