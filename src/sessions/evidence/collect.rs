//! Brings together what the sources say, session by session.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use session_signals::event::{KINDS, Kind};

use super::look::Look;
use super::process::{Host, Life};
use super::{Entry, Evidence, Signals, registry, spool, transcript};

/// Reads all sources; keeps the signals between two looks, because there may be many of them.
pub struct Collector {
    spool: PathBuf,
    registry: PathBuf,
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
        Self { spool: config.join("session-signals"), registry: config.join("sessions"), signals: BTreeMap::new() }
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

    /// Reads again what stands for one session.
    ///
    /// All of it: of a file that came and went since, the others may still be as they were before it came.
    pub fn read_session(&mut self, session: &str) {
        let read = |kind: Kind| spool::read(&self.spool.join(format!("{session}.{}.json", kind.word())), kind);
        let mut signals = Signals(KINDS.map(read));
        if signals.is_empty() {
            // A hook publishes, then clears: one that did both in between was seen before the one and after the other.
            signals = Signals(KINDS.map(read));
        }
        if signals.is_empty() {
            self.signals.remove(session);
        } else {
            self.signals.insert(session.to_owned(), signals);
        }
    }

    /// How many signals stood for this session when it was last read, if the one of this kind was among them.
    pub fn count(&self, session: &str, kind: usize) -> Option<usize> {
        let signals = self.signals.get(session)?;
        signals.0[kind].as_ref().map(|_| signals.iter().count())
    }

    /// Reads again what stands for these sessions, of which most have nothing left: one look at the directory, rather
    /// than several for each. Who deletes very many signals waits for every look at a name that is gone.
    pub fn read_leaving(&mut self, sessions: &BTreeSet<String>) {
        let mut left = BTreeSet::new();
        for entry in fs_err::read_dir(&self.spool).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some((session, _)) = spool::parse_name(&name).filter(|(session, _)| sessions.contains(*session)) {
                left.insert(session.to_owned());
            }
        }
        for session in sessions {
            if left.contains(session) {
                self.read_session(session);
            } else {
                self.signals.remove(session);
            }
        }
    }

    /// Reads one file of the spool; `false` where it stands and is no signal.
    fn read_signal(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = spool::parse_name(name) else {
            // A temporary file is nobody's business.
            return name.as_encoded_bytes().starts_with(b".");
        };
        let path = self.spool.join(name);
        let signal = spool::read(&path, kind);
        let is_fine = signal.is_some() || !path.exists();
        if signal.is_some() {
            self.signals.entry(session.to_owned()).or_default().0[kind as usize] = signal;
        }
        is_fine
    }

    /// Looks at the machine and the registry now.
    pub fn look(&self) -> Look {
        let host = Host::here();
        let (entries, passed_over) = registry::read_all(&self.registry, &host);
        Look::new(host, entries, passed_over)
    }

    /// Every session that the spool or this look at the registry knows.
    pub fn sessions<'a>(&'a self, look: &'a Look) -> BTreeSet<&'a str> {
        self.signals.keys().map(String::as_str).chain(look.sessions()).collect()
    }

    /// What is known of one session; `None` where nothing is. Looks at its process and, where need be, its transcript.
    pub fn evidence(&self, session: &str, look: &Look, now: SystemTime) -> Option<Evidence> {
        let signals = self.signals.get(session);
        let account = look.of_session(session);
        if signals.is_none() && account.is_none() {
            return None;
        }
        let mut evidence = Evidence { signals: signals.cloned().unwrap_or_default(), ..Evidence::default() };
        let newest = signals.and_then(|signals| signals.newest(now));
        let vouches =
            |account: &Entry| account.is_of_this_host && !newest.is_some_and(|newest| look.host.is_elsewhere(newest));
        evidence.is_of_this_host = newest.is_some_and(|newest| look.host.is_of(newest)) || account.is_some_and(vouches);
        if let Some(account) = account {
            evidence.life = Life::Alive;
            evidence.registry = Some(account.clone());
        } else if let Some(newest) = newest {
            evidence.life = look.host.life(newest, |pid, start| look.lives(pid, start));
            let process = newest.members.claude_pid.filter(|_| evidence.life == Life::Alive);
            // No account of this session: then it is another's.
            evidence.left = process.and_then(|pid| look.of_process(pid));
        }
        evidence.transcript = transcript_needed(&evidence, now).and_then(|path| transcript::read(path).ok());
        Some(evidence)
    }

    /// What is known now of every session.
    pub fn collect(&self) -> Collected {
        let now = SystemTime::now();
        let look = self.look();
        let known = |session: &str| Some((session.to_owned(), self.evidence(session, &look, now)?));
        let sessions: BTreeMap<_, _> = self.sessions(&look).into_iter().filter_map(known).collect();
        let torn = |evidence: &&Evidence| evidence.transcript.is_none() && transcript_needed(evidence, now).is_some();
        let torn = sessions.values().filter(torn).count();
        let passed_over = BTreeMap::from([("registry", look.passed_over()), ("transcripts", torn)]);
        Collected { sessions, passed_over }
    }
}

/// Whether time alone changes nothing of this: no process to die, no account to settle, no transcript to be read, nothing
/// that is yet to come.
pub fn is_still(evidence: &Evidence, now: SystemTime) -> bool {
    let is_quiet = evidence.registry.is_none() && evidence.left.is_none() && evidence.life != Life::Alive;
    is_quiet && evidence.signals.iter().all(|signal| signal.at <= now) && transcript_needed(evidence, now).is_none()
}

/// The transcript speaks where the registry is silent, of what fires no hook: an interrupted turn, an answered call.
fn transcript_needed(evidence: &Evidence, now: SystemTime) -> Option<&Path> {
    let open = [Kind::Permission, Kind::Working].iter().any(|kind| evidence.signals.in_force(*kind, now).is_some());
    if !open || evidence.registry.is_some() || evidence.life == Life::Dead {
        return None;
    }
    evidence.signals.newest(now)?.members.transcript_path.as_deref()
}
