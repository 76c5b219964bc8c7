//! Whose end is so long ago that the CLI itself has forgotten the session.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::signal_files::SignalFiles;
use crate::collector::Collector;
use crate::evidence::Evidence;
use crate::process_state::ProcessState;

/// The sessions that ended longer ago than `limit`, and of which no process lives.
pub fn find_old_ended_sessions(
    config_dir: &Path,
    files: &BTreeMap<String, SignalFiles>,
    limit: Duration,
    now: SystemTime,
) -> Vec<String> {
    let mut found: Vec<_> =
        files.iter().filter(|(_, files)| files.is_only_old_end(limit, now)).map(|(id, _)| id).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let mut collector = Collector::new(config_dir);
    let look = collector.take_snapshot();
    found.retain(|session| {
        collector.read_session_signals(session);
        collector.session_evidence(session, &look, now).is_some_and(|evidence| is_certainly_over(&evidence))
    });
    found.into_iter().cloned().collect()
}

/// Whether no process of this computer is in the session. What runs on another one cannot be seen: nothing was heard
/// of it for all that time, and it loses no more than the word that it has ended.
fn is_certainly_over(evidence: &Evidence) -> bool {
    let is_elsewhere = evidence.left_at.is_some();
    evidence.registry.is_none() && (evidence.process != ProcessState::Alive || is_elsewhere)
}
