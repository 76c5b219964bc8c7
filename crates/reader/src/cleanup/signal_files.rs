//! The signal files of a session: what their names and their metadata say.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::time::{Duration, SystemTime};

use session_signals_protocol::{SIGNAL_KINDS, SignalKind, StoredSignals};

use crate::signal_dir::{SignalDir, parse_signal_name};
use crate::timestamps::to_hook_time;

/// The metadata of one signal file.
#[derive(Clone, Copy, Debug)]
pub struct SignalFile {
    /// The modification time.
    pub modified: SystemTime,
    /// The length in bytes.
    pub len: u64,
    /// Whether it is a regular file.
    pub is_regular: bool,
}

/// The signal files of one session, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignalFiles([Option<SignalFile>; 4]);

impl SignalFiles {
    /// Lists the signal files of every session, by session id. Files with other names are ignored, and so are errors.
    #[must_use]
    pub fn read_all(signal_dir: &SignalDir) -> BTreeMap<String, Self> {
        let mut sessions = BTreeMap::<String, Self>::new();
        for entry in std::fs::read_dir(signal_dir.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some((session, kind)) = parse_signal_name(&name) else { continue };
            let Some(file) = entry.metadata().ok().and_then(|metadata| signal_file(&metadata)) else { continue };
            sessions.entry(session.to_owned()).or_default().0[kind as usize] = Some(file);
        }
        sessions
    }

    /// Looks at the signal files of one session.
    #[must_use]
    pub fn read_session(signal_dir: &SignalDir, session: &str) -> Self {
        Self(SIGNAL_KINDS.map(|kind| signal_file(&signal_dir.signal_path(session, kind).symlink_metadata().ok()?)))
    }

    /// Returns the file of this kind.
    #[must_use]
    pub fn get(&self, kind: SignalKind) -> Option<SignalFile> {
        self.0[kind as usize]
    }

    /// Returns the kinds of which there is a file.
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

    /// Returns whether the only file is an `ended` signal that is older than `limit`. A time after `now` is not old.
    pub(super) fn is_only_old_end(&self, limit: Duration, now: SystemTime) -> bool {
        let ended =
            self.get(SignalKind::Ended).filter(|ended| ended.is_regular && self.kinds().eq([SignalKind::Ended]));
        ended.is_some_and(|ended| now.duration_since(ended.modified).is_ok_and(|age| age > limit))
    }
}

fn signal_file(metadata: &Metadata) -> Option<SignalFile> {
    Some(SignalFile { modified: metadata.modified().ok()?, len: metadata.len(), is_regular: metadata.is_file() })
}
