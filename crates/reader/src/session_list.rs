//! All sessions, as they are now.

use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::SystemTime;

use crate::collector::Collector;
use crate::git_checkouts::GitCheckouts;
use crate::session::Session;
use crate::skipped_files::SkippedFiles;

/// A thread reads the transcripts of at least this many sessions, unless there are fewer.
const MIN_SHARE: usize = 8;

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
    let mut list = collector.list_sessions(filter, SystemTime::now());
    list.read_checkouts();
    list.read_conversations(config_dir);
    list
}

impl SessionList {
    /// Reads the git checkout around the directory of each session, and adds what it says: see [`Session::set_checkout`].
    pub fn read_checkouts(&mut self) {
        let mut checkouts = GitCheckouts::default();
        for session in &mut self.sessions {
            if let Some(checkout) = session.cwd.as_deref().and_then(|cwd| checkouts.find(cwd)) {
                session.set_checkout(checkout);
            }
        }
    }

    /// Reads the transcript of each session of this configuration directory, and adds what it shows: see
    /// [`Session::set_conversation`]. The state of a session does not depend on it. Transcripts are larger than all other files, so
    /// one thread for each processor reads a part of them.
    pub fn read_conversations(&mut self, config_dir: &Path) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get);
        let share = self.sessions.len().div_ceil(threads).max(MIN_SHARE);
        thread::scope(|scope| {
            for sessions in self.sessions.chunks_mut(share) {
                scope.spawn(move || {
                    for session in sessions {
                        session.read_conversation(config_dir);
                    }
                });
            }
        });
    }
}

impl Collector {
    /// Decides what all sessions do at `now`, from the signals that were last read and from what the other sources say now. Reads
    /// no checkout and no conversation: see [`SessionList::read_checkouts`] and [`SessionList::read_conversations`].
    #[must_use]
    pub fn list_sessions(&self, filter: SessionFilter, now: SystemTime) -> SessionList {
        let collected = self.collect_evidence(now);
        let sessions = collected.sessions.iter().map(|(id, evidence)| Session::from_evidence(id, evidence, now));
        let mut sessions: Vec<_> =
            sessions.filter(|session| filter == SessionFilter::All || session.is_open()).collect();
        // The sort is stable, and the sessions come in the order of their ids.
        sessions.sort_by_key(Session::sort_key);
        SessionList { sessions, skipped_files: collected.skipped_files, unreadable: collected.unreadable }
    }
}
