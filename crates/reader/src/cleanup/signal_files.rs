//! A session's files in the spool, by their names and times.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use session_signals_protocol::{SIGNAL_KINDS, SignalKind, StoredSignals};

use crate::signal_dir::{SignalDir, parse_signal_name};
use crate::timestamps::to_hook_time;

/// One of them.
#[derive(Clone, Copy, Debug)]
pub struct SignalFile {
    /// When it was modified.
    pub modified: SystemTime,
    /// Its length in bytes.
    pub len: u64,
    /// Whether it is a regular file.
    pub is_regular: bool,
}

/// All of them, indexed by `Kind as usize`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalFiles([Option<SignalFile>; 4]);

impl SignalFiles {
    /// Those of every session. Names that no hook gives are passed over.
    pub fn read_all(signal_dir: &SignalDir) -> BTreeMap<String, Self> {
        let mut sessions = BTreeMap::<String, Self>::new();
        for entry in std::fs::read_dir(signal_dir.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some((session, kind)) = parse_signal_name(&name) else { continue };
            let Some(file) = entry.metadata().ok().and_then(|meta| file(&meta)) else { continue };
            sessions.entry(session.to_owned()).or_default().0[kind as usize] = Some(file);
        }
        sessions
    }

    /// Those of this session.
    pub fn read_session(signal_dir: &SignalDir, session: &str) -> Self {
        Self(SIGNAL_KINDS.map(|kind| file(&signal_dir.signal_path(session, kind).symlink_metadata().ok()?)))
    }

    /// The file of this kind.
    pub fn get(&self, kind: SignalKind) -> Option<SignalFile> {
        self.0[kind as usize]
    }

    /// The kinds that stand.
    pub fn kinds(&self) -> impl Iterator<Item = SignalKind> {
        SIGNAL_KINDS.into_iter().filter(|kind| self.get(*kind).is_some())
    }

    /// Returns each signal that a newer one makes false, and the kind of the newer one. Only the kinds for which `counts`
    /// returns true are compared. The rule is the hooks' own: [`StoredSignals::superseded_by`].
    pub(super) fn superseded(
        &self,
        counts: impl Fn(SignalKind) -> bool,
        now: SystemTime,
    ) -> Vec<(SignalKind, SignalKind)> {
        let modified = |kind: SignalKind| self.get(kind).filter(|_| counts(kind)).map(|file| file.modified);
        let stored = StoredSignals {
            now: to_hook_time(now),
            modified: SIGNAL_KINDS.map(|kind| modified(kind).map(to_hook_time)),
            ..StoredSignals::default()
        };
        SIGNAL_KINDS.into_iter().filter_map(|older| Some((older, stored.superseded_by(older)?))).collect()
    }

    /// Whether nothing stands but an end, and that for longer than this. One from the future is not old.
    pub fn is_only_old_end(&self, limit: Duration, now: SystemTime) -> bool {
        let ended =
            self.get(SignalKind::Ended).filter(|ended| ended.is_regular && self.kinds().eq([SignalKind::Ended]));
        ended.is_some_and(|ended| now.duration_since(ended.modified).is_ok_and(|age| age > limit))
    }
}

fn file(meta: &Metadata) -> Option<SignalFile> {
    Some(SignalFile { modified: meta.modified().ok()?, len: meta.len(), is_regular: meta.is_file() })
}
