//! All sessions, as they are now.

use std::collections::HashMap;
use std::path::Path;
use std::time::SystemTime;

use crate::collector::Collector;
use crate::git_branch::checked_out_branch;
use crate::session::Session;
use crate::skipped_files::SkippedFiles;

/// Which sessions a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionFilter {
    /// The sessions that have not ended.
    Open,
    /// All sessions of which anything is known, also those that ended.
    All,
}

/// Sessions, and what could not be learned.
#[derive(Clone, Debug, Default)]
pub struct SessionList {
    /// The sessions in the order of [`Session::sort_key`]: who needs the user comes first.
    pub sessions: Vec<Session>,
    /// How many files could not be understood.
    pub skipped_files: SkippedFiles,
    /// What is there and could not be read or understood, and why: a sentence each, without a full stop. If there is any, a
    /// session may be missing from the list. A sentence may quote a path that a program chose: make control characters
    /// harmless before you print it.
    pub unreadable: Vec<String>,
}

/// Reads what all sessions of a configuration directory, such as `~/.claude`, do now.
///
/// A directory that does not exist has no sessions. Errors are in [`SessionList::unreadable`], because what can be read is
/// worth knowing without the rest.
#[must_use]
pub fn read_sessions(config_dir: &Path, filter: SessionFilter) -> SessionList {
    let mut collector = Collector::new(config_dir);
    collector.read_all_signals();
    collector.list_sessions(filter, SystemTime::now())
}

impl Collector {
    /// Decides what all sessions do at `now`, from the signals that were last read and from what the other sources say now.
    #[must_use]
    pub fn list_sessions(&self, filter: SessionFilter, now: SystemTime) -> SessionList {
        let collected = self.collect_evidence(now);
        let sessions = collected.sessions.iter().map(|(id, evidence)| Session::from_evidence(id, evidence, now));
        let mut sessions: Vec<_> =
            sessions.filter(|session| filter == SessionFilter::All || session.is_open()).collect();
        // The sort is stable, and the sessions come in the order of their ids.
        sessions.sort_by_key(Session::sort_key);
        let mut branches = HashMap::new();
        for session in &mut sessions {
            if let Some(cwd) = &session.cwd {
                session.branch = branches.entry(cwd.clone()).or_insert_with(|| checked_out_branch(cwd)).clone();
            }
        }
        SessionList { sessions, skipped_files: collected.skipped_files, unreadable: collected.unreadable }
    }
}
