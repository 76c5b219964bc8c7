//! Brings together what the sources say, session by session.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::host::Host;
use crate::process_life::ProcessLife;
use crate::registry;
use crate::registry::{RegistryEntry, RegistryStatus};
use crate::regular_file;
use crate::signal;
use crate::signal::{SessionSignals, Signal};
use crate::snapshot::Snapshot;
use crate::transcript;

/// Reads all sources; keeps the signals between two looks, because there may be many of them.
pub struct Collector {
    spool: PathBuf,
    registry: PathBuf,
    signals: BTreeMap<String, SessionSignals>,
    /// What of the spool is there and could not be read, by name, and why.
    unreadable: BTreeMap<OsString, String>,
}

/// All that is known, and how much was passed over.
#[derive(Default)]
pub struct CollectedEvidence {
    /// By session id.
    pub sessions: BTreeMap<String, Evidence>,
    /// Files that were no evidence, by source.
    pub passed_over: BTreeMap<&'static str, usize>,
    /// What is there and could not be read, and why.
    pub unreadable: Vec<String>,
}

impl Collector {
    /// For the sources in this configuration directory. Nothing is read yet.
    pub fn new(config: &Path) -> Self {
        Self {
            spool: config.join("session-signals"),
            registry: config.join("sessions"),
            signals: BTreeMap::new(),
            unreadable: BTreeMap::new(),
        }
    }

    /// The directories whose changes matter.
    pub fn watched_directories(&self) -> [&Path; 2] {
        [&self.spool, &self.registry]
    }

    /// Reads the whole spool; how many files were no signals.
    pub fn read_all_signals(&mut self) -> usize {
        self.signals.clear();
        let mut unreadable = Vec::new();
        let names = regular_file::list_names(&self.spool, &mut unreadable);
        self.unreadable = unreadable.into_iter().map(|complaint| (OsString::new(), complaint)).collect();
        names.iter().filter(|name| !self.read_named(name)).count()
    }

    /// Reads again what stands for one session.
    ///
    /// All of it: of a file that came and went since, the others may still be as they were before it came.
    pub fn read_session_signals(&mut self, session: &str) {
        let mut signals = SessionSignals(SIGNAL_KINDS.map(|kind| self.read_kind(session, kind)));
        if signals.is_empty() {
            // A hook publishes, then clears: one that did both in between was seen before the one and after the other.
            signals = SessionSignals(SIGNAL_KINDS.map(|kind| self.read_kind(session, kind)));
        }
        if signals.is_empty() {
            self.signals.remove(session);
        } else {
            self.signals.insert(session.to_owned(), signals);
        }
    }

    /// How many signals stood for this session when it was last read, if the one of this kind was among them.
    pub fn signal_count(&self, session: &str, kind: usize) -> Option<usize> {
        let signals = self.signals.get(session)?;
        signals.0[kind].as_ref().map(|_| signals.iter().count())
    }

    /// Reads again what stands for these sessions, of which most have nothing left: one look at the directory, rather
    /// than several for each. Who deletes very many signals waits for every look at a name that is gone.
    pub fn reread_removed(&mut self, sessions: &BTreeSet<String>) {
        let mut left = BTreeSet::new();
        for entry in fs_err::read_dir(&self.spool).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some((session, _)) =
                signal::parse_signal_name(&name).filter(|(session, _)| sessions.contains(*session))
            {
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

    /// Reads one signal, and remembers where it is there and cannot be read.
    fn read_kind(&mut self, session: &str, kind: SignalKind) -> Option<Arc<Signal>> {
        let path = signal::signal_path(&self.spool, session, kind);
        let name = path.file_name().unwrap_or_default().to_owned();
        match signal::read_signal(&path, kind) {
            Ok(signal) => {
                self.unreadable.remove(&name);
                signal
            }
            Err(error) => {
                match regular_file::describe_failure(&path, &error) {
                    Some(complaint) => self.unreadable.insert(name, complaint),
                    None => self.unreadable.remove(&name),
                };
                None
            }
        }
    }

    /// Reads one file of the spool; `false` where it stands and is no signal.
    fn read_named(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = signal::parse_signal_name(name) else {
            // A temporary file is nobody's business.
            return name.as_encoded_bytes().starts_with(b".");
        };
        let signal = self.read_kind(session, kind);
        let is_fine = signal.is_some() || self.unreadable.contains_key(name) || !self.spool.join(name).exists();
        if signal.is_some() {
            self.signals.entry(session.to_owned()).or_default().0[kind as usize] = signal;
        }
        is_fine
    }

    /// The signals that stood for this session when it was last read.
    pub fn signals(&self, session: &str) -> Option<&SessionSignals> {
        self.signals.get(session)
    }

    /// What is there and could not be read, and why; of the registry and the transcripts, as far as this look went.
    pub fn unreadable_files(&self, look: &Snapshot) -> Vec<String> {
        self.unreadable.values().cloned().chain(look.unreadable_files()).collect()
    }

    /// Looks at the machine and the registry now.
    pub fn take_snapshot(&self) -> Snapshot {
        let host = Host::read();
        let accounts = registry::read_registry(&self.registry, &host);
        Snapshot::new(host, accounts)
    }

    /// Every session that the spool or this look at the registry knows.
    pub fn session_ids<'a>(&'a self, look: &'a Snapshot) -> BTreeSet<&'a str> {
        let known = self.signals.keys().map(String::as_str).chain(look.live_sessions());
        known.filter(|session| !look.is_spare_session(session)).collect()
    }

    /// What is known of one session; `None` where nothing is. Looks at its process and, where need be, its transcript.
    pub fn evidence_of(&self, session: &str, look: &Snapshot, now: SystemTime) -> Option<Evidence> {
        Self::evidence_from(session, self.signals(session), look, now)
    }

    /// The same, with these signals in the place of those that stand.
    pub fn evidence_from(
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
            evidence.life = look.host.process_life(newest, |pid, start| look.is_alive(pid, start));
        }
        if let Some(account) = account {
            let is_here = account.namespace.is_none();
            evidence.life = if is_here || evidence.life == ProcessLife::Alive {
                ProcessLife::Alive
            } else {
                ProcessLife::Elsewhere
            };
            evidence.registry = Some(account.clone());
        } else if evidence.life == ProcessLife::Alive {
            // No account of this session: then it is another's.
            evidence.left = newest.and_then(|newest| look.process_updated_at(newest));
        } else if evidence.life == ProcessLife::Dead {
            drop_dead_signals(&mut evidence, look);
        }
        evidence.transcript = needed_transcript(&evidence, now).and_then(|path| match transcript::read_tail(path) {
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
    pub fn collect(&self) -> CollectedEvidence {
        let now = SystemTime::now();
        let look = self.take_snapshot();
        let known = |session: &str| Some((session.to_owned(), self.evidence_of(session, &look, now)?));
        let sessions: BTreeMap<_, _> = self.session_ids(&look).into_iter().filter_map(known).collect();
        let torn = |evidence: &&Evidence| evidence.transcript.is_none() && needed_transcript(evidence, now).is_some();
        let torn = sessions.values().filter(torn).count();
        let passed_over = BTreeMap::from([("registry", look.skipped_files()), ("transcripts", torn)]);
        CollectedEvidence { sessions, passed_over, unreadable: self.unreadable_files(&look) }
    }
}

/// Whether time alone changes nothing of this: no process to die, no account to settle, no transcript to be read, nothing
/// that is yet to come.
pub fn is_time_independent(evidence: &Evidence, now: SystemTime) -> bool {
    let is_quiet = evidence.registry.is_none() && evidence.left.is_none() && evidence.life != ProcessLife::Alive;
    is_quiet && evidence.signals.iter().all(|signal| signal.at <= now) && needed_transcript(evidence, now).is_none()
}

/// Where the process of the newest signal is dead, and another one that a signal names runs the same session on: what the
/// dead one left says nothing any more.
fn drop_dead_signals(evidence: &mut Evidence, look: &Snapshot) {
    let life = |signal: &Signal| look.host.process_life(signal, |pid, start| look.is_alive(pid, start));
    let goes_on = |signal: &&Signal| life(signal) == ProcessLife::Alive && look.process_updated_at(signal).is_none();
    if evidence.signals.iter().any(|signal| goes_on(&signal)) {
        for signal in &mut evidence.signals.0 {
            *signal = signal.take().filter(|signal| life(signal) != ProcessLife::Dead);
        }
        evidence.life = ProcessLife::Alive;
    }
}

/// The transcript speaks where the registry is silent, of what fires no hook: an interrupted turn, an answered call; and
/// where a dialog is open it tells whose it is.
fn needed_transcript(evidence: &Evidence, now: SystemTime) -> Option<&Path> {
    let open = [SignalKind::Permission, SignalKind::Working]
        .iter()
        .any(|kind| evidence.signals.in_force(*kind, now).is_some());
    let is_told = evidence.registry.as_ref().is_some_and(|entry| entry.status != RegistryStatus::Dialog);
    if !open || is_told || evidence.life == ProcessLife::Dead {
        return None;
    }
    evidence.signals.newest(now)?.members.transcript_path.as_deref()
}
