//! What is true of every session, kept so: files change, time goes by, and what is new of it goes into the feed.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use super::feed::{Feed, SessionChange};
use super::last_signals::LastSignals;
use super::mass_removal::MassRemoval;
use super::repair::{Repairer, log_line};
use super::schedule::RefreshRound;
use super::stable_times::StableTimes;
use crate::display_text::make_harmless;
use session_signals_reader::{
    ChangedSource, Collector, Evidence, Session, Snapshot, Watcher, checked_out_branch, plan_repair,
};

/// So many events are taken in before the first of them is told of.
const MAX_BATCH: usize = 4096;

/// While very many signals go, news are taken in this often: each look takes time from whoever deletes them.
const BATCH_PAUSE: Duration = Duration::from_millis(5);

/// The sessions, and what is known of each.
pub struct SessionModel {
    collector: Collector,
    watcher: Watcher,
    events: Receiver<notify::Result<notify::Event>>,
    feed: Arc<Feed>,
    look: Snapshot,
    branches: HashMap<PathBuf, Option<String>>,
    known: HashMap<String, StableTimes>,
    kept: LastSignals,
    /// Those of them that time alone may change.
    restless: BTreeSet<String>,
    leaving: MassRemoval,
    round: RefreshRound,
    healer: Repairer,
    /// What was said of that which cannot be read.
    complaints: BTreeSet<String>,
}

impl SessionModel {
    /// Watches, reads everything, takes in what changed meanwhile, and judges every session: then the feed is true.
    ///
    /// # Errors
    /// Where nothing can be watched.
    pub fn new(config: &Path, feed: Arc<Feed>) -> io::Result<Self> {
        let mut collector = Collector::new(config);
        let (sender, events) = channel();
        let watcher = Watcher::new(config, &collector, move |event| {
            let _ = sender.send(event); // fails where nobody waits any more
        })?;
        collector.read_all_signals();
        let (look, now) = (collector.take_snapshot(), Instant::now());
        let mut model = Self {
            collector,
            watcher,
            events,
            feed,
            look,
            branches: HashMap::new(),
            known: HashMap::new(),
            kept: LastSignals::default(),
            restless: BTreeSet::new(),
            leaving: MassRemoval::new(now),
            round: RefreshRound::new(now),
            healer: Repairer::default(),
            complaints: BTreeSet::new(),
        };
        let events: Vec<_> = model.events.try_iter().collect();
        model.read_changes(events);
        let all = model.all_session_ids();
        model.update_sessions(all);
        model.report_failures();
        Ok(model)
    }

    /// Keeps the feed true for ever.
    pub fn run_model(mut self) {
        loop {
            let now = Instant::now();
            match self.events.recv_timeout(self.round.wait_time(now).min(self.leaving.wait_time(now))) {
                Ok(event) => {
                    if !self.leaving.is_empty() {
                        std::thread::sleep(BATCH_PAUSE);
                    }
                    let more = self.events.try_iter().take(MAX_BATCH);
                    let events: Vec<_> = std::iter::once(event).chain(more).collect();
                    let changed = self.read_changes(events);
                    self.update_sessions(changed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            let left = self.leaving.take_due(now);
            if !left.is_empty() {
                self.collector.reread_removed(&left);
                self.update_sessions(left);
            }
            if self.round.is_due(now) {
                self.start_round(now);
            }
            self.continue_round(now);
        }
    }

    /// Every session that is known of, or was.
    fn all_session_ids(&self) -> BTreeSet<String> {
        let known = self.known.keys().map(String::as_str);
        self.collector.session_ids(&self.look).into_iter().chain(known).map(str::to_owned).collect()
    }

    /// Reads again what changed; the sessions that this may concern.
    fn read_changes(&mut self, events: Vec<notify::Result<notify::Event>>) -> BTreeSet<String> {
        let mut changes: Vec<_> = events.into_iter().flat_map(|event| self.watcher.changed_sources(event)).collect();
        changes.sort_unstable();
        changes.dedup();
        if changes.contains(&ChangedSource::Everything) {
            self.collector.read_all_signals();
            self.round.refresh_soon();
            return self.all_session_ids();
        }
        let (mut concerned, now) = (BTreeSet::new(), Instant::now());
        // Sorted: what came of a session comes before what went.
        for change in changes {
            match change {
                ChangedSource::Session(session) => {
                    self.collector.read_session_signals(&session);
                    concerned.insert(session);
                }
                ChangedSource::Gone(session, kind) => {
                    let known = self.collector.signal_count(&session, kind);
                    // It was read when it had gone already, or was never read.
                    if known.is_none() || concerned.contains(&session) {
                        continue;
                    }
                    // A hook clears what stands beside its own signal; a clean-up leaves none.
                    let now = if known == Some(1) { self.leaving.add_session(session, now) } else { Some(session) };
                    if let Some(session) = now {
                        self.collector.read_session_signals(&session);
                        concerned.insert(session);
                    }
                }
                ChangedSource::Registry | ChangedSource::Everything => self.round.refresh_soon(),
            }
        }
        concerned
    }

    /// Judges these sessions and tells what is new.
    fn update_sessions(&mut self, sessions: BTreeSet<String>) {
        let said: Vec<_> = sessions.into_iter().map(|session| self.update_session(session, drop)).collect();
        self.feed.publish(said);
    }

    /// What is to be said of a session; `open` gets the evidence of one that time may change.
    fn update_session(&mut self, id: String, open: impl FnOnce(Evidence)) -> SessionChange {
        let now = SystemTime::now();
        let found = self.collector.session_evidence(&id, &self.look, now);
        let is_taken = self.collector.session_signals(&id).is_none();
        let kept = if is_taken { self.kept.evidence_of(&id, &self.look, now) } else { None };
        let Some(evidence) = kept.as_ref().or(found.as_ref()) else {
            self.known.remove(&id);
            self.restless.remove(&id);
            return (id, None);
        };
        let mut session = Session::from_evidence(&id, evidence, now);
        if !is_taken {
            self.kept.remember(&id, evidence, session.state);
        }
        if let Some(cwd) = &session.cwd {
            session.branch = self.branches.entry(cwd.clone()).or_insert_with(|| checked_out_branch(cwd)).clone();
        }
        let mut steady = StableTimes::keep_first_times(&mut session, self.known.get(&id), now);
        steady.is_still = if steady.has_ended {
            // What stands beside an end is a mistake.
            evidence.signals.iter().count() <= 1
        } else {
            evidence.is_time_independent(now) && plan_repair(evidence, now).is_none()
        };
        if steady.is_still {
            self.restless.remove(&id);
        } else {
            self.restless.insert(id.clone());
            // Files are mended by what they are, not by what they were.
            if let Some(found) = found {
                open(found);
            }
        }
        let json = serde_json::to_string(&session).ok();
        self.known.insert(id.clone(), steady);
        (id, json)
    }

    /// Says what cannot be read, once until it can be: this look is over, and has found all of it.
    fn report_failures(&mut self) {
        let unreadable = self.collector.unreadable_files(&self.look);
        let unreadable: BTreeSet<_> = unreadable.iter().map(|complaint| make_harmless(complaint)).collect();
        for complaint in unreadable.difference(&self.complaints) {
            log_line(&format!("sessions: {complaint}"));
        }
        self.complaints = unreadable;
    }

    /// Begins to look at all whom time may change.
    fn start_round(&mut self, now: Instant) {
        self.report_failures();
        // What cannot be watched is read again each time.
        if self.watcher.watch_new_directories() {
            self.collector.read_all_signals();
            self.round.slow_down();
        }
        if let Some(complaint) = self.watcher.take_failure() {
            log_line(&format!("sessions: {complaint}; until then changes are seen a second late"));
        }
        let before = std::mem::replace(&mut self.look, self.collector.take_snapshot());
        self.branches.clear();
        if self.round.is_full_round(now) {
            let all = self.all_session_ids();
            return self.round.start(now, all);
        }
        let of_registry = before.live_sessions().chain(self.look.live_sessions()).map(str::to_owned);
        self.round.start(now, of_registry.chain(self.restless.iter().cloned()).collect::<BTreeSet<_>>());
    }

    /// Looks at some of them.
    fn continue_round(&mut self, now: Instant) {
        let (mut said, mut open) = (Vec::new(), Vec::new());
        while let Some(id) = self.round.next_session(now) {
            said.push(self.update_session(id.clone(), |evidence| open.push((id, evidence))));
        }
        if said.is_empty() && self.round.wait_time(now) > Duration::ZERO {
            return;
        }
        self.feed.publish(said);
        let signal_dir = self.collector.signal_dir();
        for (id, evidence) in open {
            self.healer.repair_session(signal_dir, &id, &evidence, SystemTime::now());
        }
        self.round.finish(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_sessions_those_are_looked_at_that_time_may_change() {
        let config = tempfile::tempdir().unwrap();
        let spool = config.path().join("session-signals");
        fs_err::create_dir(&spool).unwrap();
        let write = |session: &str, kind: &str, members: &str| {
            let path = spool.join(format!("{session}.{kind}.json"));
            fs_err::write(&path, format!("{{\"session_id\":\"{session}\"{members}}}")).unwrap();
            path
        };
        let elsewhere = r#","claude_pid":1,"claude_start":1,"claude_host":"elsewhere/1""#;
        for number in 0..1000 {
            write(&format!("ended{number}"), "ended", "");
            write(&format!("elsewhere{number}"), ["stop", "working", "permission"][number % 3], elsewhere);
            write(&format!("unknown{number}"), "stop", "");
        }
        // A process may die, a transcript may grow, and what is ahead comes to pass.
        write("alive", "stop", &format!(r#","claude_pid":{}"#, std::process::id()));
        write("transcript", "working", &format!(r#"{elsewhere},"transcript_path":"/nonexistent""#));
        let ahead = write("ahead", "stop", "");
        let later = SystemTime::now() + Duration::from_secs(3600);
        fs_err::File::options().write(true).open(ahead).unwrap().into_file().set_modified(later).unwrap();
        // What is to be healed is seen again before it is.
        let host = session_signals_protocol::cli_process::host_id()
            .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        if let Some(host) = host {
            write("killed", "working", &format!(r#","claude_pid":4194300,"claude_start":1,"claude_host":"{host}""#));
        }
        let model = SessionModel::new(config.path(), Arc::new(Feed::new(1))).unwrap();
        let restless: Vec<_> = model.restless.iter().map(String::as_str).filter(|id| *id != "killed").collect();
        assert_eq!(restless, ["ahead", "alive", "transcript"]);
        assert_eq!(model.restless.contains("killed"), cfg!(target_os = "linux"));
        assert_eq!(model.known.len(), 3003 + usize::from(cfg!(target_os = "linux")));
    }
}
