//! A session's files in the spool, by their names and times.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::signal::{parse_signal_name, signal_path};

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
    pub fn read_all(folder: &Path) -> BTreeMap<String, Self> {
        let mut sessions = BTreeMap::<String, Self>::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some((session, kind)) = parse_signal_name(&name) else { continue };
            let Some(file) = entry.metadata().ok().and_then(|meta| file(&meta)) else { continue };
            sessions.entry(session.to_owned()).or_default().0[kind as usize] = Some(file);
        }
        sessions
    }

    /// Those of this session.
    pub fn read_session(folder: &Path, session: &str) -> Self {
        Self(SIGNAL_KINDS.map(|kind| file(&signal_path(folder, session, kind).symlink_metadata().ok()?)))
    }

    /// The file of this kind.
    pub fn get(&self, kind: SignalKind) -> Option<SignalFile> {
        self.0[kind as usize]
    }

    /// The kinds that stand.
    pub fn kinds(&self) -> impl Iterator<Item = SignalKind> {
        SIGNAL_KINDS.into_iter().filter(|kind| self.get(*kind).is_some())
    }

    /// Each signal that a newer one supersedes by its time, and the kind of that one: a hook publishes before it clears.
    pub(super) fn superseded(&self, now: SystemTime) -> Vec<(SignalKind, SignalKind)> {
        // From the future: the clock stepped back, and it is old. Of two in one instant, the one that readers prefer.
        let order = |kind: SignalKind| {
            let modified = self.get(kind)?.modified;
            Some((if modified > now { UNIX_EPOCH } else { modified }, kind as usize))
        };
        let pairs =
            SIGNAL_KINDS.into_iter().flat_map(|newer| newer.supersedes().iter().map(move |older| (*older, newer)));
        pairs.filter(|(older, newer)| order(*older).is_some() && order(*older) < order(*newer)).collect()
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
