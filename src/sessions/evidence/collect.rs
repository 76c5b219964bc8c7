//! Brings together what the sources say, session by session.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use session_signals::event::Kind;

use super::process::{Host, Life};
use super::{Evidence, Signals, registry, spool, transcript};

/// Reads all sources; keeps the signals between two looks, because there may be many of them.
pub struct Collector {
    spool: PathBuf,
    registry: PathBuf,
    host: Host,
    signals: BTreeMap<String, Signals>,
}

/// All that is known, and how much was passed over.
#[derive(Default)]
pub struct Collected {
    /// By session id.
    pub sessions: BTreeMap<String, Evidence>,
    /// Files that were no evidence, by source.
    pub passed_over: BTreeMap<&'static str, usize>,
}

impl Collector {
    /// For the sources in this configuration directory. Nothing is read yet.
    pub fn new(config: &Path) -> Self {
        Self {
            spool: config.join("session-signals"),
            registry: config.join("sessions"),
            host: Host::here(),
            signals: BTreeMap::new(),
        }
    }

    /// The directories whose changes matter.
    pub fn directories(&self) -> [&Path; 2] {
        [&self.spool, &self.registry]
    }

    /// Reads the whole spool; how many files were no signals.
    pub fn read_spool(&mut self) -> usize {
        self.signals.clear();
        let entries = fs_err::read_dir(&self.spool).into_iter().flatten().flatten();
        entries.filter(|entry| !self.read_signal(&entry.file_name())).count()
    }

    /// Reads one file of the spool, or forgets it where it is gone; `false` where it stands and is no signal.
    pub fn read_signal(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = spool::parse_name(name) else {
            // A temporary file is nobody's business.
            return name.as_encoded_bytes().starts_with(b".");
        };
        let path = self.spool.join(name);
        let signal = spool::read(&path, kind);
        let is_fine = signal.is_some() || !path.exists();
        let signals = self.signals.entry(session.to_owned()).or_default();
        signals.0[kind as usize] = signal;
        if signals.is_empty() {
            self.signals.remove(session);
        }
        is_fine
    }

    /// What is known now of every session. Looks at processes, the registry and, where need be, transcripts.
    pub fn collect(&self) -> Collected {
        let now = SystemTime::now();
        let (entries, registry_passed_over) = registry::read_all(&self.registry, &self.host);
        let mut collected = Collected::default();
        collected.passed_over.insert("registry", registry_passed_over);
        let by_process: HashMap<_, _> = entries.iter().map(|entry| (entry.pid, entry)).collect();
        for (session, signals) in &self.signals {
            let mut evidence = Evidence { signals: signals.clone(), ..Evidence::default() };
            if let Some(newest) = signals.newest(now) {
                evidence.life = self.host.life(newest);
                evidence.is_of_this_host = self.host.is_of(newest);
                let process = newest.members.claude_pid.filter(|_| evidence.life == Life::Alive);
                let entry = process.and_then(|pid| by_process.get(&pid));
                evidence.left = entry.filter(|entry| entry.session != *session).map(|entry| entry.updated);
            }
            collected.sessions.insert(session.clone(), evidence);
        }
        for entry in entries {
            let evidence = collected.sessions.entry(entry.session.clone()).or_default();
            evidence.is_of_this_host |= entry.is_of_this_host && evidence.life != Life::Elsewhere;
            evidence.life = Life::Alive;
            // Of two processes in one session, the one that did something last.
            let order = |entry: &registry::Entry| (entry.updated, entry.pid);
            if evidence.registry.as_ref().is_none_or(|other| order(other) < order(&entry)) {
                evidence.left = None;
                evidence.registry = Some(entry);
            }
        }
        let mut torn = 0;
        for evidence in collected.sessions.values_mut() {
            if let Some(path) = transcript_needed(evidence, now) {
                evidence.transcript = transcript::read(path).ok();
                torn += usize::from(evidence.transcript.is_none());
            }
        }
        collected.passed_over.insert("transcripts", torn);
        collected
    }
}

/// The transcript speaks where the registry is silent, of what fires no hook: an interrupted turn, an answered call.
fn transcript_needed(evidence: &Evidence, now: SystemTime) -> Option<&Path> {
    let open = [Kind::Permission, Kind::Working].iter().any(|kind| evidence.signals.in_force(*kind, now).is_some());
    if !open || evidence.registry.is_some() || evidence.life == Life::Dead {
        return None;
    }
    evidence.signals.newest(now)?.members.transcript_path.as_deref()
}
