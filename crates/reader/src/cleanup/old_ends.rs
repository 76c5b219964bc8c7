//! Sessions that ended so long ago that the CLI itself has deleted them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::signal_files::SignalFiles;
use crate::collector::Collector;
use crate::evidence::Evidence;
use crate::process_state::ProcessState;

/// Returns the ids of the sessions that ended longer ago than `limit` and that no living process of this machine runs. `files`
/// are the signal files of all sessions.
#[must_use]
pub fn find_old_ended_sessions(
    config_dir: &Path,
    files: &BTreeMap<String, SignalFiles>,
    limit: Duration,
    now: SystemTime,
) -> Vec<String> {
    let mut sessions: Vec<_> =
        files.iter().filter(|(_, files)| files.is_only_old_end(limit, now)).map(|(id, _)| id).collect();
    if sessions.is_empty() {
        return Vec::new();
    }
    let mut collector = Collector::new(config_dir);
    let snapshot = collector.take_snapshot();
    sessions.retain(|session| {
        collector.read_session_signals(session);
        collector.session_evidence(session, &snapshot, now).is_some_and(|evidence| is_certainly_over(&evidence))
    });
    sessions.into_iter().cloned().collect()
}

/// Returns whether no process of this machine runs the session. Processes of other machines cannot be seen. Such a session was
/// silent for all that time, and all that it loses is the signal that it ended.
fn is_certainly_over(evidence: &Evidence) -> bool {
    let runs_other_session = evidence.left_at.is_some();
    evidence.registry.is_none() && (evidence.process != ProcessState::Alive || runs_other_session)
}
