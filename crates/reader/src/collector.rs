//! Reads all sources and brings them together, session by session.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_protocol::SignalKind;

use crate::evidence::Evidence;
use crate::host::Host;
use crate::registry::{REGISTRY_DIR, Registry};
use crate::regular_file;
use crate::session_signals::SessionSignals;
use crate::signal::{Signal, SignalError};
use crate::signal_dir::{SignalDir, parse_signal_name};
use crate::skipped_files::SkippedFiles;
use crate::snapshot::Snapshot;

/// Reads all sources of a configuration directory.
///
/// A collector keeps the signals, because there may be very many of them. Whoever uses it tells it which signals to read
/// again. The registry and the processes are read anew for each [`Snapshot`].
pub struct Collector {
    signal_dir: SignalDir,
    registry_dir: PathBuf,
    signals: BTreeMap<String, SessionSignals>,
    /// Files that are there and could not be read or understood: the name, and a sentence that says why. An empty name
    /// means the directory.
    unreadable: BTreeMap<OsString, String>,
    /// How many files could not be understood when all signals were last read.
    skipped_signals: usize,
}

/// What is known of all sessions at one time.
#[derive(Default)]
pub struct CollectedEvidence {
    /// What is known of each session, by session id.
    pub sessions: BTreeMap<String, Evidence>,
    /// How many files could not be understood.
    pub skipped_files: SkippedFiles,
    /// What is there and could not be read or understood: a sentence each.
    pub unreadable: Vec<String>,
}

impl Collector {
    /// Makes a collector for the sources in this configuration directory, such as `~/.claude`. Nothing is read yet.
    #[must_use]
    pub fn new(config_dir: &Path) -> Self {
        Self {
            signal_dir: SignalDir::of_config_dir(config_dir),
            registry_dir: config_dir.join(REGISTRY_DIR),
            signals: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            skipped_signals: 0,
        }
    }

    /// Returns the signal directory.
    #[must_use]
    pub fn signal_dir(&self) -> &SignalDir {
        &self.signal_dir
    }

    /// Returns the paths of the signal directory and of the registry: the directories whose changes matter.
    #[must_use]
    pub fn watched_directories(&self) -> [&Path; 2] {
        [self.signal_dir.path(), &self.registry_dir]
    }

    /// Reads all signals.
    pub fn read_all_signals(&mut self) {
        self.signals.clear();
        let mut unreadable = Vec::new();
        let names = regular_file::list_names(self.signal_dir.path(), &mut unreadable);
        self.unreadable = unreadable.into_iter().map(|sentence| (OsString::new(), sentence)).collect();
        self.skipped_signals = names.iter().filter(|name| !self.read_named(name)).count();
    }

    /// Reads the signals of one session again.
    ///
    /// All kinds are read, and not only the one that changed: the others may have been read before a file that has come and
    /// gone since.
    pub fn read_session_signals(&mut self, session: &str) {
        let mut signals = self.read_kinds(session);
        if signals.is_empty() {
            // A hook that publishes one signal and then clears another one may have done both between two of our reads.
            signals = self.read_kinds(session);
        }
        if signals.is_empty() {
            self.signals.remove(session);
        } else {
            self.signals.insert(session.to_owned(), signals);
        }
    }

    /// Returns how many signals the session had when it was last read, if there was one of this kind.
    #[must_use]
    pub fn signal_count(&self, session: &str, kind: SignalKind) -> Option<usize> {
        let signals = self.signals.get(session)?;
        signals.get(kind).map(|_| signals.iter().count())
    }

    /// Reads the signals of these sessions again. Most of these sessions should have no signal any more.
    ///
    /// The directory is listed once, instead of looking for each file. A program that deletes very many signals would wait for
    /// each look at a name that is gone.
    pub fn reread_removed(&mut self, sessions: &BTreeSet<String>) {
        let mut remaining = BTreeSet::new();
        for entry in fs_err::read_dir(self.signal_dir.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some((session, _)) = parse_signal_name(&name).filter(|(session, _)| sessions.contains(*session)) {
                remaining.insert(session.to_owned());
            }
        }
        for session in sessions {
            if remaining.contains(session) {
                self.read_session_signals(session);
            } else {
                self.signals.remove(session);
            }
        }
    }

    fn read_kinds(&mut self, session: &str) -> SessionSignals {
        SessionSignals::from_kinds(|kind| self.read_kind(session, kind).ok().flatten())
    }

    /// Reads one signal. Remembers whether the file is there and cannot be read or understood.
    fn read_kind(&mut self, session: &str, kind: SignalKind) -> Result<Option<Arc<Signal>>, SignalError> {
        let path = self.signal_dir.signal_path(session, kind);
        let name = path.file_name().unwrap_or_default().to_owned();
        let result = self.signal_dir.read_signal(session, kind);
        let sentence = match &result {
            Ok(_) | Err(SignalError::Malformed) => None,
            Err(SignalError::Io(error)) => regular_file::describe_failure(&path, error),
            Err(error @ SignalError::UnknownFormat(_)) => {
                Some(format!("cannot understand {}: {error}", path.display()))
            }
        };
        match sentence {
            Some(sentence) => self.unreadable.insert(name, sentence),
            None => self.unreadable.remove(&name),
        };
        result
    }

    /// Reads one file of the signal directory. Returns false if it cannot be understood.
    fn read_named(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = parse_signal_name(name) else {
            // The hooks' temporary files are not for readers.
            return name.as_encoded_bytes().starts_with(b".");
        };
        match self.read_kind(session, kind) {
            Ok(Some(signal)) => {
                self.signals.entry(session.to_owned()).or_default().replace(kind, Some(signal));
                true
            }
            Ok(None) => true,
            Err(SignalError::Io(_)) if self.unreadable.contains_key(name) => true,
            Err(_) => !self.signal_dir.path().join(name).exists(),
        }
    }

    /// Returns the signals that the session had when they were last read.
    #[must_use]
    pub fn session_signals(&self, session: &str) -> Option<&SessionSignals> {
        self.signals.get(session)
    }

    /// Returns a sentence for each file that is there and could not be read or understood: signals, and what was read for
    /// this snapshot of the registry and the transcripts.
    #[must_use]
    pub fn unreadable_files(&self, snapshot: &Snapshot) -> Vec<String> {
        self.unreadable.values().cloned().chain(snapshot.unreadable_files()).collect()
    }

    /// Looks at this machine and at the registry now.
    #[must_use]
    pub fn take_snapshot(&self) -> Snapshot {
        let host = Host::read();
        let registry = Registry::read(&self.registry_dir, &host);
        Snapshot::new(host, registry)
    }

    /// Returns the ids of all sessions that have a signal, or a registry entry of a living process.
    #[must_use]
    pub fn session_ids<'a>(&'a self, snapshot: &'a Snapshot) -> BTreeSet<&'a str> {
        let ids = self.signals.keys().map(String::as_str).chain(snapshot.live_sessions());
        ids.filter(|session| !snapshot.is_spare_session(session)).collect()
    }

    /// Collects what is known of one session: see [`Evidence::collect`].
    #[must_use]
    pub fn session_evidence(&self, session: &str, snapshot: &Snapshot, now: SystemTime) -> Option<Evidence> {
        Evidence::collect(session, self.session_signals(session), snapshot, now)
    }

    /// Collects what is known of every session. The signals are those that were last read; everything else is read now.
    #[must_use]
    pub fn collect_evidence(&self, now: SystemTime) -> CollectedEvidence {
        let snapshot = self.take_snapshot();
        let evidence_of = |session: &str| Some((session.to_owned(), self.session_evidence(session, &snapshot, now)?));
        let sessions: BTreeMap<_, _> = self.session_ids(&snapshot).into_iter().filter_map(evidence_of).collect();
        let transcripts = sessions.values().filter(|evidence| evidence.lacks_transcript(now)).count();
        let skipped_files =
            SkippedFiles { registry: snapshot.skipped_files(), transcripts, signals: self.skipped_signals };
        CollectedEvidence { sessions, skipped_files, unreadable: self.unreadable_files(&snapshot) }
    }
}
