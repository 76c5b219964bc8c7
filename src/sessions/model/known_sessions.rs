//! What is remembered of each session from one refresh to the next.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::conversation_reading::ConversationReading;
use super::conversations::Conversations;
use super::ended_session::{EndedSession, ReadingProgress};
use super::last_signals::LastSignals;
use super::session_sink::SessionChange;
use super::stable_times::StableTimes;
use session_signals_reader::{Collector, Evidence, GitCheckouts, ProcessState, Session, Snapshot, plan_repair};

/// The sessions that were published.
pub struct KnownSessions {
    sessions: HashMap<String, KnownSession>,
    last_signals: LastSignals,
    conversations: Conversations,
    /// The git checkout of each directory, as this round has read it.
    checkouts: GitCheckouts,
    /// The sessions that time alone may change.
    time_dependent: BTreeMap<String, TimeDependence>,
}

/// What is remembered of a session that was published.
struct KnownSession {
    times: StableTimes,
    ended: EndedSession,
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
    pub fn new(config_dir: &Path, reading: ConversationReading) -> Self {
        Self {
            sessions: HashMap::new(),
            last_signals: LastSignals::default(),
            conversations: Conversations::new(config_dir, reading),
            checkouts: GitCheckouts::default(),
            time_dependent: BTreeMap::new(),
        }
    }

    /// Returns the ids of the sessions.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.sessions.keys().map(String::as_str)
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

    /// Returns the conversations of the sessions.
    #[cfg(test)]
    pub fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// Returns how long no conversation of the backlog must be read; `None` if the backlog is empty.
    pub fn backlog_wait_time(&self, now: Instant) -> Option<Duration> {
        self.conversations.backlog.wait_time(now)
    }

    /// Returns the next session of the slice that started at `slice_start`. When it is refreshed, its conversation is read. `None`
    /// at the end of the slice.
    pub fn next_in_backlog(&mut self, slice_start: Instant) -> Option<String> {
        loop {
            let id = self.conversations.backlog.next_session(slice_start)?;
            // The session may have been opened again or removed meanwhile.
            let known = self.sessions.get_mut(&id);
            if let Some(known) = known.filter(|known| known.ended.progress == ReadingProgress::Waiting) {
                known.ended.progress = ReadingProgress::Due;
                return Some(id);
            }
        }
    }

    /// Ends a slice of the backlog.
    pub fn finish_backlog_slice(&mut self, now: Instant) {
        self.conversations.backlog.finish_slice(now);
    }

    /// Decides the state of a session again, and returns what must be published; `None` if nothing must. If time alone may change
    /// the session, its evidence is passed to `on_time_dependent`.
    pub fn refresh_session(
        &mut self,
        id: String,
        collector: &Collector,
        snapshot: &Snapshot,
        on_time_dependent: impl FnOnce(Evidence),
    ) -> Option<SessionChange> {
        let now = SystemTime::now();
        let found = collector.session_evidence(&id, snapshot, now);
        let has_signals = collector.session_signals(&id).is_some();
        let remembered = if has_signals { None } else { self.last_signals.evidence_of(&id, snapshot, now) };
        let Some(evidence) = remembered.as_ref().or(found.as_ref()) else {
            self.sessions.remove(&id);
            self.conversations.remove(&id);
            self.time_dependent.remove(&id);
            return Some((id, None));
        };
        let mut session = Session::from_evidence(&id, evidence, now);
        if has_signals {
            self.last_signals.remember(&id, evidence, session.state);
        }
        if let Some(checkout) = session.cwd.as_deref().and_then(|cwd| self.checkouts.find(cwd)) {
            session.set_checkout(checkout);
        }
        let before = self.sessions.get(&id).map(|known| &known.times);
        let times = StableTimes::keep_first_times(&mut session, before, now);
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
        let is_changed = if let Some(known) = self.sessions.get_mut(&id) {
            known.times = times;
            self.conversations.add_conversation(&mut session, &mut known.ended)
        } else {
            let mut ended = EndedSession::default();
            let is_changed = self.conversations.add_conversation(&mut session, &mut ended);
            self.sessions.insert(id.clone(), KnownSession { times, ended });
            is_changed
        };
        is_changed.then_some((id, Some(session)))
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
