//! Brings together what the sources say, session by session.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use session_signals_protocol::event::{KINDS, Kind};

use super::look::Look;
use super::process::{Host, Life};
use super::{Entry, Evidence, Signal, Signals, Status, file, registry, spool, transcript};

/// Reads all sources; keeps the signals between two looks, because there may be many of them.
pub struct Collector {
    spool: PathBuf,
    registry: PathBuf,
    signals: BTreeMap<String, Signals>,
    /// What of the spool is there and could not be read, by name, and why.
    unreadable: BTreeMap<OsString, String>,
}

/// All that is known, and how much was passed over.
#[derive(Default)]
pub struct Collected {
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
    pub fn directories(&self) -> [&Path; 2] {
        [&self.spool, &self.registry]
    }

    /// Reads the whole spool; how many files were no signals.
    pub fn read_spool(&mut self) -> usize {
        self.signals.clear();
        let mut unreadable = Vec::new();
        let names = file::entries(&self.spool, &mut unreadable);
        self.unreadable = unreadable.into_iter().map(|complaint| (OsString::new(), complaint)).collect();
        names.iter().filter(|name| !self.read_signal(name)).count()
    }

    /// Reads again what stands for one session.
    ///
    /// All of it: of a file that came and went since, the others may still be as they were before it came.
    pub fn read_session(&mut self, session: &str) {
        let mut signals = Signals(KINDS.map(|kind| self.read(session, kind)));
        if signals.is_empty() {
            // A hook publishes, then clears: one that did both in between was seen before the one and after the other.
            signals = Signals(KINDS.map(|kind| self.read(session, kind)));
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

    /// Reads one signal, and remembers where it is there and cannot be read.
    fn read(&mut self, session: &str, kind: Kind) -> Option<Arc<Signal>> {
        let path = spool::path(&self.spool, session, kind);
        let name = path.file_name().unwrap_or_default().to_owned();
        match spool::read(&path, kind) {
            Ok(signal) => {
                self.unreadable.remove(&name);
                signal
            }
            Err(error) => {
                match file::complaint(&path, &error) {
                    Some(complaint) => self.unreadable.insert(name, complaint),
                    None => self.unreadable.remove(&name),
                };
                None
            }
        }
    }

    /// Reads one file of the spool; `false` where it stands and is no signal.
    fn read_signal(&mut self, name: &OsStr) -> bool {
        let Some((session, kind)) = spool::parse_name(name) else {
            // A temporary file is nobody's business.
            return name.as_encoded_bytes().starts_with(b".");
        };
        let signal = self.read(session, kind);
        let is_fine = signal.is_some() || self.unreadable.contains_key(name) || !self.spool.join(name).exists();
        if signal.is_some() {
            self.signals.entry(session.to_owned()).or_default().0[kind as usize] = signal;
        }
        is_fine
    }

    /// The signals that stood for this session when it was last read.
    pub fn signals(&self, session: &str) -> Option<&Signals> {
        self.signals.get(session)
    }

    /// What is there and could not be read, and why; of the registry and the transcripts, as far as this look went.
    pub fn unreadable(&self, look: &Look) -> Vec<String> {
        self.unreadable.values().cloned().chain(look.unreadable()).collect()
    }

    /// Looks at the machine and the registry now.
    pub fn look(&self) -> Look {
        let host = Host::here();
        let accounts = registry::read_all(&self.registry, &host);
        Look::new(host, accounts)
    }

    /// Every session that the spool or this look at the registry knows.
    pub fn sessions<'a>(&'a self, look: &'a Look) -> BTreeSet<&'a str> {
        let known = self.signals.keys().map(String::as_str).chain(look.sessions());
        known.filter(|session| !look.is_spare(session)).collect()
    }

    /// What is known of one session; `None` where nothing is. Looks at its process and, where need be, its transcript.
    pub fn evidence(&self, session: &str, look: &Look, now: SystemTime) -> Option<Evidence> {
        Self::evidence_with(session, self.signals(session), look, now)
    }

    /// The same, with these signals in the place of those that stand.
    pub fn evidence_with(session: &str, signals: Option<&Signals>, look: &Look, now: SystemTime) -> Option<Evidence> {
        let newest = signals.and_then(|signals| signals.newest(now));
        let ended = signals.and_then(|signals| signals.in_force(Kind::Ended, now));
        let account = look.of_session(session, newest, ended);
        let is_none = look.is_spare(session) || look.is_parked(session, newest);
        if signals.is_none() && account.is_none() || is_none {
            return None;
        }
        let mut evidence = Evidence { signals: signals.cloned().unwrap_or_default(), ..Evidence::default() };
        let vouches =
            |account: &Entry| account.is_of_this_host && !newest.is_some_and(|newest| look.host.is_elsewhere(newest));
        evidence.is_of_this_host = newest.is_some_and(|newest| look.host.is_of(newest)) || account.is_some_and(vouches);
        if let Some(newest) = newest {
            evidence.life = look.host.life(newest, |pid, start| look.lives(pid, start));
        }
        if let Some(account) = account {
            let is_here = account.namespace.is_none();
            evidence.life = if is_here || evidence.life == Life::Alive { Life::Alive } else { Life::Elsewhere };
            evidence.registry = Some(account.clone());
        } else if evidence.life == Life::Alive {
            // No account of this session: then it is another's.
            evidence.left = newest.and_then(|newest| look.of_process(newest));
        } else if evidence.life == Life::Dead {
            survivors(&mut evidence, look);
        }
        evidence.transcript = transcript_needed(&evidence, now).and_then(|path| match transcript::read(path) {
            Ok(tail) => Some(tail),
            Err(error) => {
                if let Some(complaint) = file::complaint(path, &error) {
                    look.cannot_read(complaint);
                }
                None
            }
        });
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
        Collected { sessions, passed_over, unreadable: self.unreadable(&look) }
    }
}

/// Whether time alone changes nothing of this: no process to die, no account to settle, no transcript to be read, nothing
/// that is yet to come.
pub fn is_still(evidence: &Evidence, now: SystemTime) -> bool {
    let is_quiet = evidence.registry.is_none() && evidence.left.is_none() && evidence.life != Life::Alive;
    is_quiet && evidence.signals.iter().all(|signal| signal.at <= now) && transcript_needed(evidence, now).is_none()
}

/// Where the process of the newest signal is dead, and another one that a signal names runs the same session on: what the
/// dead one left says nothing any more.
fn survivors(evidence: &mut Evidence, look: &Look) {
    let life = |signal: &Signal| look.host.life(signal, |pid, start| look.lives(pid, start));
    let goes_on = |signal: &&Signal| life(signal) == Life::Alive && look.of_process(signal).is_none();
    if evidence.signals.iter().any(|signal| goes_on(&signal)) {
        for signal in &mut evidence.signals.0 {
            *signal = signal.take().filter(|signal| life(signal) != Life::Dead);
        }
        evidence.life = Life::Alive;
    }
}

/// The transcript speaks where the registry is silent, of what fires no hook: an interrupted turn, an answered call; and
/// where a dialog is open it tells whose it is.
fn transcript_needed(evidence: &Evidence, now: SystemTime) -> Option<&Path> {
    let open = [Kind::Permission, Kind::Working].iter().any(|kind| evidence.signals.in_force(*kind, now).is_some());
    let is_told = evidence.registry.as_ref().is_some_and(|entry| entry.status != Status::Dialog);
    if !open || is_told || evidence.life == Life::Dead {
        return None;
    }
    evidence.signals.newest(now)?.members.transcript_path.as_deref()
}
