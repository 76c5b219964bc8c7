//! What every Claude Code session is doing.
#![allow(missing_docs)]

pub mod cleanup;
mod collector;
mod config_dir;
mod evidence;
mod git_branch;
mod host;
mod lenient_json;
mod pending_call;
mod pid_namespaces;
mod process_state;
mod registry;
pub mod regular_file;
mod repair;
mod session;
mod session_list;
mod session_signals;
mod session_state;
mod signal;
mod signal_dir;
mod signal_members;
mod snapshot;
mod store_error;
#[cfg(test)]
mod tests;
mod timestamps;
mod transcript;
mod watch;

pub use collector::{CollectedEvidence, Collector, SkippedFiles, is_time_independent};
pub use config_dir::{config_dir_of, find_config_dir};
pub use evidence::Evidence;
pub use git_branch::checked_out_branch;
pub use host::{Host, is_cli_process, is_process_alive};
pub use pending_call::PendingCall;
pub use process_state::ProcessState;
pub use registry::{REGISTRY_DIR, Registry, RegistryEntry, RegistryStatus};
pub use repair::{RepairPlan, apply_plan, plan_repair};
pub use session::{JSON_FORMAT, PendingPermission, Session};
pub use session_list::{SessionFilter, SessionList, read_sessions};
pub use session_signals::{KIND_PRIORITY, SessionSignals};
pub use session_signals_protocol::{SIGNAL_KINDS, SignalKind};
pub use session_state::{DecidedState, STATE_RULES, SessionState, StateRule, decide_state};
pub use signal::{NEWEST_SIGNAL_FORMAT, Signal, SignalError, parse_stamp};
pub use signal_dir::{MAX_SIGNAL_LEN, SignalDir, parse_signal_name};
pub use signal_members::{BackgroundTask, SignalMembers};
pub use snapshot::Snapshot;
pub use timestamps::clamp_to_rfc3339;
pub use transcript::TranscriptTail;
pub use watch::{ChangedSource, Watcher};
