//! What every Claude Code session is doing.
#![allow(missing_docs)]

pub mod cleanup;
mod collector;
mod evidence;
pub mod git_branch;
pub mod host;
mod lenient_json;
pub mod pid_namespaces;
mod process_life;
pub mod registry;
pub mod regular_file;
pub mod repair;
pub mod session;
pub mod session_state;
pub mod signal;
mod snapshot;
#[cfg(test)]
mod tests;
pub mod timestamps;
pub mod transcript;
pub mod watch;

pub use collector::{CollectedEvidence, Collector, is_time_independent};
pub use evidence::Evidence;
pub use process_life::ProcessLife;
pub use registry::{RegistryEntry, RegistryStatus};
pub use signal::{PendingCall, SessionSignals, Signal};
pub use snapshot::Snapshot;
pub use transcript::TranscriptTail;
