//! What is remembered of each session from one refresh to the next.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::last_signals::LastSignals;
use super::session_sink::SessionChange;
use super::stable_times::StableTimes;
use session_signals_reader::{
    Collector, ConversationReader, Evidence, GitCheckouts, ProcessState, Session, Snapshot, plan_repair,
};

/// The sessions that were published.
pub struct KnownSessions {
    config_dir: PathBuf,
    times: HashMap<String, StableTimes>,
    last_signals: LastSignals,
    /// What was read of each transcript.
    conversations: HashMap<String, ConversationReader>,
    /// The git checkout of each directory, as this round has read it.
    checkouts: GitCheckouts,
    /// The sessions that time alone may change.
    time_dependent: BTreeMap<String, TimeDependence>,
}

/// What time alone may change of a session.
struct TimeDependence {
    /// Whether more may change soon than that the process ends.
    is_unsettled: bool,
    /// The process, if it is alive.
    pid: Option<u32>,
}

impl KnownSessions {
    /// Starts without a session of this configuration directory.
    pub fn new(config_dir: &Path) -> Self {
        Self {
            config_dir: config_dir.to_owned(),
            times: HashMap::new(),
            last_signals: LastSignals::default(),
            conversations: HashMap::new(),
            checkouts: GitCheckouts::default(),
            time_dependent: BTreeMap::new(),
        }
    }

    /// Returns the ids of the sessions.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.times.keys().map(String::as_str)
    }

    /// Returns the sessions that time alone may change: a process may die, or a transcript may grow.
    pub fn time_dependent(&self) -> impl Iterator<Item = &str> {
        self.time_dependent.keys().map(String::as_str)
    }

    /// Returns whether time alone may soon change a session, apart from the end of its process.
    pub fn has_unsettled(&self) -> bool {
        self.time_dependent.values().any(|dependence| dependence.is_unsettled)
    }

    /// Returns the living processes of the sessions.
    pub fn pids(&self) -> HashSet<u32> {
        self.time_dependent.values().filter_map(|dependence| dependence.pid).collect()
    }

    /// Forgets the checkouts, so that they are read again.
    pub fn clear_checkouts(&mut self) {
        self.checkouts.clear();
    }

    /// Decides the state of a session again, and returns what must be published. If time alone may change the session, its
    /// evidence is passed to `on_time_dependent`.
    pub fn refresh_session(
        &mut self,
        id: String,
        collector: &Collector,
        snapshot: &Snapshot,
        on_time_dependent: impl FnOnce(Evidence),
    ) -> SessionChange {
        let now = SystemTime::now();
        let found = collector.session_evidence(&id, snapshot, now);
        let has_signals = collector.session_signals(&id).is_some();
        let remembered = if has_signals { None } else { self.last_signals.evidence_of(&id, snapshot, now) };
        let Some(evidence) = remembered.as_ref().or(found.as_ref()) else {
            self.times.remove(&id);
            self.conversations.remove(&id);
            self.time_dependent.remove(&id);
            return (id, None);
        };
        let mut session = Session::from_evidence(&id, evidence, now);
        if has_signals {
            self.last_signals.remember(&id, evidence, session.state);
        }
        if let Some(checkout) = session.cwd.as_deref().and_then(|cwd| self.checkouts.find(cwd)) {
            session.set_checkout(checkout);
        }
        self.read_conversation(&mut session);
        let times = StableTimes::keep_first_times(&mut session, self.times.get(&id), now);
        if is_unchanged_by_time(&session, evidence, now) {
            self.time_dependent.remove(&id);
        } else {
            let pid = session.pid.filter(|_| evidence.process == ProcessState::Alive);
            let dependence = TimeDependence { is_unsettled: evidence.may_change_soon(now), pid };
            self.time_dependent.insert(id.clone(), dependence);
            // A repair is planned from the files that exist, not from the signals that are remembered.
            if let Some(found) = found {
                on_time_dependent(found);
            }
        }
        self.times.insert(id.clone(), times);
        (id, Some(session))
    }

    /// Reads what was appended to the transcript of a session, and adds it to the session.
    fn read_conversation(&mut self, session: &mut Session) {
        let Some(path) = session.find_transcript(&self.config_dir) else { return };
        if let Some(reader) = self.conversations.get_mut(&session.session_id) {
            // What was read before stays true if the transcript cannot be read any more.
            let _ = reader.read_new(&path);
            session.set_conversation(reader.conversation());
            return;
        }
        let mut reader = ConversationReader::default();
        if reader.read_new(&path).is_ok() {
            session.set_conversation(reader.conversation());
            self.conversations.insert(session.session_id.clone(), reader);
        }
    }
}

/// Returns whether time alone changes nothing of the session, and nothing of it must be repaired.
fn is_unchanged_by_time(session: &Session, evidence: &Evidence, now: SystemTime) -> bool {
    if session.rule == "ended" {
        // Any signal besides `ended` must be removed.
        evidence.signals.iter().count() <= 1
    } else {
        evidence.is_time_independent(now) && plan_repair(evidence, now).is_none()
    }
}
