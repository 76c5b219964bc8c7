//! Brings together what the sources say, session by session.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_protocol::SignalKind;

use crate::evidence::Evidence;
use crate::host::Host;
use crate::process_state::ProcessState;
use crate::registry::{REGISTRY_DIR, Registry, RegistryEntry, RegistryStatus};
use crate::regular_file;
use crate::session_signals::SessionSignals;
use crate::signal::{Signal, SignalError};
use crate::signal_dir::{SignalDir, parse_signal_name};
use crate::snapshot::Snapshot;
use crate::transcript::TranscriptTail;

/// Reads all sources; keeps the signals between two looks, because there may be many of them.
pub struct Collector {
    signal_dir: SignalDir,
    registry_dir: PathBuf,
    signals: BTreeMap<String, SessionSignals>,
    /// What of the spool is there and could not be read, by name, and why.
    unreadable: BTreeMap<OsString, String>,
    /// How many files of the signal directory could not be understood when all of them were last read.
    skipped_signals: usize,
}

/// How many files were skipped because they could not be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkippedFiles {
    /// Files in the CLI's registry.
    pub registry: usize,
    /// Transcripts that were needed.
    pub transcripts: usize,
    /// Files in the signal directory.
    pub signals: usize,
}

impl SkippedFiles {
    /// Returns the name of each source and its count.
    #[must_use]
    pub fn by_source(self) -> [(&'static str, usize); 3] {
        [("registry", self.registry), ("transcripts", self.transcripts), ("signals", self.signals)]
    }
}

/// All that is known, and how much was passed over.
#[derive(Default)]
pub struct CollectedEvidence {
    /// By session id.
    pub sessions: BTreeMap<String, Evidence>,
    /// How many files could not be understood.
    pub skipped_files: SkippedFiles,
    /// What is there and could not be read, and why.
    pub unreadable: Vec<String>,
}

impl Collector {
    /// For the sources in this configuration directory. Nothing is read yet.
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
    pub fn signal_dir(&self) -> &SignalDir {
        &self.signal_dir
    }

    /// The directories whose changes matter.
    pub fn watched_directories(&self) -> [&Path; 2] {
        [self.signal_dir.path(), &self.registry_dir]
    }

    /// Reads the whole signal directory.
    pub fn read_all_signals(&mut self) {
        self.signals.clear();
        let mut unreadable = Vec::new();
        let names = regular_file::list_names(self.signal_dir.path(), &mut unreadable);
        self.unreadable = unreadable.into_iter().map(|complaint| (OsString::new(), complaint)).collect();
        self.skipped_signals = names.iter().filter(|name| !self.read_named(name)).count();
    }

    /// Reads again what stands for one session.
    ///
    /// All of it: of a file that came and went since, the others may still be as they were before it came.
    pub fn read_session_signals(&mut self, session: &str) {
        let mut signals = SessionSignals::from_kinds(|kind| self.read_kind(session, kind).ok().flatten());
        if signals.is_empty() {
            // A hook publishes, then clears: one that did both in between was seen before the one and after the other.
            signals = SessionSignals::from_kinds(|kind| self.read_kind(session, kind).ok().flatten());
        }
        if signals.is_empty() {
            self.signals.remove(session);
        } else {
            self.signals.insert(session.to_owned(), signals);
        }
    }

    /// How many signals stood for this session when it was last read, if the one of this kind was among them.
    pub fn signal_count(&self, session: &str, kind: SignalKind) -> Option<usize> {
        let signals = self.signals.get(session)?;
        signals.get(kind).map(|_| signals.iter().count())
    }

    /// Reads again what stands for these sessions, of which most have nothing left: one look at the directory, rather
    /// than several for each. Who deletes very many signals waits for every look at a name that is gone.
    pub fn reread_removed(&mut self, sessions: &BTreeSet<String>) {
        let mut left = BTreeSet::new();
        for entry in fs_err::read_dir(self.signal_dir.path()).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some((session, _)) = parse_signal_name(&name).filter(|(session, _)| sessions.contains(*session)) {
                left.insert(session.to_owned());
            }
        }
        for session in sessions {
            if left.contains(session) {
                self.read_session_signals(session);
            } else {
                self.signals.remove(session);
            }
        }
    }

    /// Reads one signal, and remembers whether it is there and cannot be read or understood.
    fn read_kind(&mut self, session: &str, kind: SignalKind) -> Result<Option<Arc<Signal>>, SignalError> {
        let path = self.signal_dir.signal_path(session, kind);
        let name = path.file_name().unwrap_or_default().to_owned();
        let result = self.signal_dir.read_signal(session, kind);
        let complaint = match &result {
            Ok(_) | Err(SignalError::Malformed) => None,
            Err(SignalError::Io(error)) => regular_file::describe_failure(&path, error),
            Err(error @ SignalError::UnknownFormat(_)) => {
                Some(format!("cannot understand {}: {error}", path.display()))
            }
        };
        match complaint {
            Some(complaint) => self.unreadable.insert(name, complaint),
            None => self.unreadable.remove(&name),
        };
        result
    }

    /// Reads one file of the signal directory. Returns false if it cannot be understood.
    fn read_named(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = parse_signal_name(name) else {
            // Temporary files of the hooks are not for readers.
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

    /// The signals that stood for this session when it was last read.
    pub fn session_signals(&self, session: &str) -> Option<&SessionSignals> {
        self.signals.get(session)
    }

    /// What is there and could not be read, and why; of the registry and the transcripts, as far as this look went.
    pub fn unreadable_files(&self, look: &Snapshot) -> Vec<String> {
        self.unreadable.values().cloned().chain(look.unreadable_files()).collect()
    }

    /// Looks at the machine and the registry now.
    pub fn take_snapshot(&self) -> Snapshot {
        let host = Host::read();
        let accounts = Registry::read(&self.registry_dir, &host);
        Snapshot::new(host, accounts)
    }

    /// Every session that the spool or this look at the registry knows.
    pub fn session_ids<'a>(&'a self, look: &'a Snapshot) -> BTreeSet<&'a str> {
        let known = self.signals.keys().map(String::as_str).chain(look.live_sessions());
        known.filter(|session| !look.is_spare_session(session)).collect()
    }

    /// What is known of one session; `None` where nothing is. Looks at its process and, where need be, its transcript.
    pub fn session_evidence(&self, session: &str, look: &Snapshot, now: SystemTime) -> Option<Evidence> {
        Self::evidence_from_signals(session, self.session_signals(session), look, now)
    }

    /// The same, with these signals in the place of those that stand.
    pub fn evidence_from_signals(
        session: &str,
        signals: Option<&SessionSignals>,
        look: &Snapshot,
        now: SystemTime,
    ) -> Option<Evidence> {
        let newest = signals.and_then(|signals| signals.newest(now));
        let ended = signals.and_then(|signals| signals.in_force(SignalKind::Ended, now));
        let account = look.entry_of_session(session, newest, ended);
        let is_none = look.is_spare_session(session) || look.is_parked_session(session, newest);
        if signals.is_none() && account.is_none() || is_none {
            return None;
        }
        let mut evidence = Evidence { signals: signals.cloned().unwrap_or_default(), ..Evidence::default() };
        let vouches = |account: &RegistryEntry| {
            account.is_of_this_host && !newest.is_some_and(|newest| look.host.is_foreign_to(newest))
        };
        evidence.is_of_this_host =
            newest.is_some_and(|newest| look.host.is_host_of(newest)) || account.is_some_and(vouches);
        if let Some(newest) = newest {
            evidence.process = look.host.process_state(newest, |pid, start| look.is_process_alive(pid, start));
        }
        if let Some(account) = account {
            let is_here = account.namespace.is_none();
            evidence.process = if is_here || evidence.process == ProcessState::Alive {
                ProcessState::Alive
            } else {
                ProcessState::Elsewhere
            };
            evidence.registry = Some(account.clone());
        } else if evidence.process == ProcessState::Alive {
            // No account of this session: then it is another's.
            evidence.left_at = newest.and_then(|newest| look.process_updated_at(newest));
        } else if evidence.process == ProcessState::Dead {
            drop_dead_signals(&mut evidence, look);
        }
        evidence.transcript = needed_transcript(&evidence, now).and_then(|path| match TranscriptTail::read(path) {
            Ok(tail) => Some(tail),
            Err(error) => {
                if let Some(complaint) = regular_file::describe_failure(path, &error) {
                    look.add_unreadable(complaint);
                }
                None
            }
        });
        Some(evidence)
    }

    /// What is known now of every session.
    pub fn collect_evidence(&self, now: SystemTime) -> CollectedEvidence {
        let look = self.take_snapshot();
        let known = |session: &str| Some((session.to_owned(), self.session_evidence(session, &look, now)?));
        let sessions: BTreeMap<_, _> = self.session_ids(&look).into_iter().filter_map(known).collect();
        let torn = |evidence: &&Evidence| evidence.transcript.is_none() && needed_transcript(evidence, now).is_some();
        let torn = sessions.values().filter(torn).count();
        let skipped_files =
            SkippedFiles { registry: look.skipped_files(), transcripts: torn, signals: self.skipped_signals };
        CollectedEvidence { sessions, skipped_files, unreadable: self.unreadable_files(&look) }
    }
}

/// Whether time alone changes nothing of this: no process to die, no account to settle, no transcript to be read, nothing
/// that is yet to come.
pub fn is_time_independent(evidence: &Evidence, now: SystemTime) -> bool {
    let is_quiet = evidence.registry.is_none() && evidence.left_at.is_none() && evidence.process != ProcessState::Alive;
    is_quiet && evidence.signals.iter().all(|signal| signal.time <= now) && needed_transcript(evidence, now).is_none()
}

/// Where the process of the newest signal is dead, and another one that a signal names runs the same session on: what the
/// dead one left says nothing any more.
fn drop_dead_signals(evidence: &mut Evidence, look: &Snapshot) {
    let life = |signal: &Signal| look.host.process_state(signal, |pid, start| look.is_process_alive(pid, start));
    let goes_on = |signal: &&Signal| life(signal) == ProcessState::Alive && look.process_updated_at(signal).is_none();
    if evidence.signals.iter().any(|signal| goes_on(&signal)) {
        evidence.signals.retain(|signal| life(signal) != ProcessState::Dead);
        evidence.process = ProcessState::Alive;
    }
}

/// The transcript speaks where the registry is silent, of what fires no hook: an interrupted turn, an answered call; and
/// where a dialog is open it tells whose it is.
fn needed_transcript(evidence: &Evidence, now: SystemTime) -> Option<&Path> {
    let open = [SignalKind::Permission, SignalKind::Working]
        .iter()
        .any(|kind| evidence.signals.in_force(*kind, now).is_some());
    let is_told = evidence.registry.as_ref().is_some_and(|entry| entry.status != RegistryStatus::Dialog);
    if !open || is_told || evidence.process == ProcessState::Dead {
        return None;
    }
    evidence.signals.newest(now)?.members.transcript_path.as_deref()
}
