//! Follows all sessions: reads what changed, refreshes the sessions concerned, and tells the sink.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::known_sessions::KnownSessions;
use super::mass_removal::MassRemoval;
use super::process_ends::ProcessEnds;
use super::refresh_schedule::RefreshSchedule;
use super::session_sink::SessionSink;
use crate::display_text::make_harmless;
use crate::machines::{FollowedMachines, MachineNews, MachineOptions};
use session_signals_reader::{ChangedSource, Collector, Snapshot, WatchEvent, Watcher};

/// How many file events are read at most before their sessions are published.
const MAX_BATCH: usize = 4096;

/// The pause between two batches of file events while very many signals are deleted. Each batch slows the deletion down.
const BATCH_PAUSE: Duration = Duration::from_millis(5);

/// When the sessions are refreshed that time alone may change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// Every second.
    Always,
    /// Every second while time alone may soon change a session or there is no configuration directory, and when a process ends.
    /// Otherwise nothing is done until a file changes. A branch that is switched is not seen until then.
    WhenNeeded,
}

/// What wakes the model.
enum ModelEvent {
    /// Files changed, or the watcher failed.
    Files(WatchEvent),
    /// The process of a session ended.
    ProcessEnded,
    /// Something is new about other machines.
    Machines(MachineNews),
}

/// Everything that is known of the sessions.
pub struct SessionModel<S> {
    config_dir: PathBuf,
    collector: Collector,
    watcher: Watcher,
    events: Receiver<ModelEvent>,
    sender: Sender<ModelEvent>,
    sink: S,
    rounds: Rounds,
    process_ends: ProcessEnds,
    /// Whether all directories that exist are watched.
    are_directories_watched: bool,
    snapshot: Snapshot,
    known: KnownSessions,
    removal: MassRemoval,
    schedule: RefreshSchedule,
    machines: FollowedMachines,
    /// What was heard of each source of other machines: why it cannot be read now, or `None` if it can.
    sources: BTreeMap<String, Option<String>>,
    /// The failures to read a file or another machine that were logged, as long as they last.
    failures: BTreeSet<String>,
}

impl<S: SessionSink> SessionModel<S> {
    /// Starts to watch the files, and reads them all.
    ///
    /// # Errors
    /// If the files cannot be watched.
    pub fn new(config_dir: &Path, sink: S, rounds: Rounds) -> io::Result<Self> {
        let mut collector = Collector::new(config_dir);
        let (sender, events) = channel();
        let file_sender = sender.clone();
        let watcher = Watcher::new(config_dir, &collector, move |event| {
            let _ = file_sender.send(ModelEvent::Files(event)); // fails if the receiver is gone
        })?;
        collector.read_all_signals();
        let (snapshot, now) = (collector.take_snapshot(), Instant::now());
        let reading = sink.conversation_reading();
        let mut model = Self {
            config_dir: config_dir.to_owned(),
            collector,
            watcher,
            events,
            sender,
            sink,
            rounds,
            process_ends: ProcessEnds::default(),
            are_directories_watched: true,
            snapshot,
            known: KnownSessions::new(config_dir, reading),
            removal: MassRemoval::new(now),
            schedule: RefreshSchedule::new(now),
            machines: FollowedMachines::default(),
            sources: BTreeMap::new(),
            failures: BTreeSet::new(),
        };
        // What changed while the files were read.
        let events: Vec<_> = model.events.try_iter().collect();
        model.read_changes(events);
        Ok(model)
    }

    /// Follows the sessions of other machines, too. `is_all` asks for those that have ended, too.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn follow_machines(&mut self, options: &MachineOptions, is_all: bool) -> io::Result<()> {
        let sender = self.sender.clone();
        let tell = move |news| sender.send(ModelEvent::Machines(news)).is_ok();
        self.machines = FollowedMachines::start(options, &self.config_dir, is_all, tell)?;
        Ok(())
    }

    /// Publishes changes until each source of other machines has told whether it can be read, or until this time is over.
    pub fn wait_for_machines(&mut self, timeout: Duration) -> ControlFlow<Option<S::Stop>> {
        let deadline = Instant::now() + timeout;
        while self.sources.len() < self.machines.source_count() && Instant::now() < deadline {
            self.wait_and_publish()?;
        }
        ControlFlow::Continue(())
    }

    /// Publishes every session of this machine.
    pub fn publish_all(&mut self) -> ControlFlow<S::Stop> {
        let all = self.all_session_ids();
        let flow = self.publish_sessions(all);
        self.report_failures();
        flow
    }

    /// Publishes every change until the sink wants no more. Returns what the sink stops with; `None` if the watcher ends.
    pub fn run_model(mut self) -> Option<S::Stop> {
        loop {
            match self.wait_and_publish() {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(stop) => return stop,
            }
        }
    }

    /// Returns what is remembered of the sessions.
    #[cfg(test)]
    pub fn known(&self) -> &KnownSessions {
        &self.known
    }

    /// Waits for the next event or the next time at which something must be done, and does it.
    pub(super) fn wait_and_publish(&mut self) -> ControlFlow<Option<S::Stop>> {
        match self.wait_for_event() {
            Ok(event) => {
                if !self.removal.is_empty() {
                    std::thread::sleep(BATCH_PAUSE);
                }
                let more = self.events.try_iter().take(MAX_BATCH);
                let events = std::iter::once(event).chain(more).collect();
                let events = self.publish_machines(events).map_break(Some)?;
                let changed = self.read_changes(events);
                self.publish_sessions(changed).map_break(Some)?;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(None),
        }
        let now = Instant::now();
        let removed = self.removal.take_due(now);
        if !removed.is_empty() {
            self.collector.reread_removed(&removed);
            self.publish_sessions(removed).map_break(Some)?;
        }
        if self.schedule.is_due(now) {
            self.start_round(now);
        }
        self.continue_round(now).map_break(Some)?;
        self.continue_backlog(now).map_break(Some)?;
        if self.sink.next_wakeup().is_some_and(|wakeup| wakeup <= now) {
            self.sink.wake_up(now).map_break(Some)?;
        }
        ControlFlow::Continue(())
    }

    fn wait_for_event(&mut self) -> Result<ModelEvent, RecvTimeoutError> {
        let now = Instant::now();
        let round = (!self.is_resting()).then(|| self.schedule.wait_time(now));
        let removal = (!self.removal.is_empty()).then(|| self.removal.wait_time(now));
        let wakeup = self.sink.next_wakeup().map(|wakeup| wakeup.saturating_duration_since(now));
        let backlog = self.known.backlog_wait_time(now);
        match [round, removal, wakeup, backlog].into_iter().flatten().min() {
            Some(timeout) => self.events.recv_timeout(timeout),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Returns whether no round is needed until the next event.
    fn is_resting(&mut self) -> bool {
        let is_needed = self.schedule.has_round() || self.known.has_unsettled() || !self.are_directories_watched;
        if self.rounds == Rounds::Always || is_needed || self.watcher.lacks_config_dir() {
            return false;
        }
        let pids = self.known.pids();
        self.process_ends.retain(&pids);
        let sender = &self.sender;
        pids.into_iter().all(|pid| {
            let sender = sender.clone();
            self.process_ends.watch(pid, move || _ = sender.send(ModelEvent::ProcessEnded))
        })
    }

    /// Returns the ids of all sessions that exist or were published.
    fn all_session_ids(&self) -> BTreeSet<String> {
        self.collector.session_ids(&self.snapshot).into_iter().chain(self.known.ids()).map(str::to_owned).collect()
    }

    /// Reads again what the events say, and returns the sessions that may have changed.
    fn read_changes(&mut self, events: Vec<ModelEvent>) -> BTreeSet<String> {
        let mut changes = Vec::new();
        for event in events {
            match event {
                ModelEvent::Files(event) => changes.extend(self.watcher.changed_sources(event)),
                ModelEvent::ProcessEnded => changes.push(ChangedSource::Registry),
                ModelEvent::Machines(_) => {}
            }
        }
        changes.sort_unstable();
        changes.dedup();
        if changes.contains(&ChangedSource::Everything) {
            self.collector.read_all_signals();
            self.schedule.request_round_soon();
            return self.all_session_ids();
        }
        let (mut sessions, now) = (BTreeSet::new(), Instant::now());
        // The changes are sorted: the new signals of a session come before the deleted ones.
        for change in changes {
            match change {
                ChangedSource::Session(session) => {
                    self.collector.read_session_signals(&session);
                    sessions.insert(session);
                }
                ChangedSource::Gone(session, kind) => {
                    let count = self.collector.signal_count(&session, kind);
                    // The signal was never read, or the session was read again after it was deleted.
                    if count.is_none() || sessions.contains(&session) {
                        continue;
                    }
                    // A hook always leaves another signal of the session. If the last one is deleted, another program cleaned up.
                    let to_read = if count == Some(1) { self.removal.add_session(session, now) } else { Some(session) };
                    if let Some(session) = to_read {
                        self.collector.read_session_signals(&session);
                        sessions.insert(session);
                    }
                }
                ChangedSource::Registry | ChangedSource::Everything => self.schedule.request_round_soon(),
            }
        }
        sessions
    }

    /// Refreshes the sessions, and publishes those that changed.
    fn publish_sessions(&mut self, sessions: BTreeSet<String>) -> ControlFlow<S::Stop> {
        let refresh = |id| self.known.refresh_session(id, &self.collector, &self.snapshot, drop);
        let changes: Vec<_> = sessions.into_iter().filter_map(refresh).collect();
        self.sink.publish(changes)
    }

    /// Publishes what is new about other machines, and returns the other events.
    fn publish_machines(&mut self, events: Vec<ModelEvent>) -> ControlFlow<S::Stop, Vec<ModelEvent>> {
        let (mut others, mut changes, mut has_news) = (Vec::new(), BTreeMap::new(), false);
        for event in events {
            match event {
                ModelEvent::Machines(MachineNews::Sessions(sessions)) => changes.extend(sessions),
                ModelEvent::Machines(MachineNews::Source { name, failure }) => {
                    has_news |= self.sources.get(&name) != Some(&failure);
                    self.sources.insert(name, failure);
                }
                event => others.push(event),
            }
        }
        if !changes.is_empty() {
            self.sink.publish(changes.into_iter().collect())?;
        }
        if has_news {
            self.report_failures();
        }
        ControlFlow::Continue(others)
    }

    /// Reports which files and machines could not be read. A failure is reported again only if the reading worked in between.
    fn report_failures(&mut self) {
        let failures = self.collector.unreadable_files(&self.snapshot);
        let failures = failures.iter().chain(self.sources.values().flatten());
        let failures: BTreeSet<_> = failures.map(|failure| make_harmless(failure)).collect();
        if failures != self.failures {
            self.sink.set_failures(&failures);
        }
        for failure in failures.difference(&self.failures) {
            self.sink.report_failure(failure);
        }
        self.failures = failures;
    }

    /// Starts a round of all sessions that time may change, or of all sessions.
    fn start_round(&mut self, now: Instant) {
        self.report_failures();
        // A directory that cannot be watched is read again in each round.
        self.are_directories_watched = !self.watcher.watch_new_directories();
        if !self.are_directories_watched {
            self.collector.read_all_signals();
            self.schedule.request_full_round();
        }
        if let Some(failure) = self.watcher.take_failure() {
            let sentence = format!("{failure}; until watching works again, changes are seen up to a second late");
            self.sink.report_failure(&sentence);
        }
        let before = std::mem::replace(&mut self.snapshot, self.collector.take_snapshot());
        self.known.clear_checkouts();
        if self.schedule.take_full_round(now) {
            let all = self.all_session_ids();
            return self.schedule.start_round(now, all);
        }
        let registered = before.live_sessions().chain(self.snapshot.live_sessions());
        let sessions: BTreeSet<_> = registered.chain(self.known.time_dependent()).map(str::to_owned).collect();
        self.schedule.start_round(now, sessions);
    }

    /// Refreshes the sessions of one slice of the round, publishes them, and shows the sink their evidence.
    fn continue_round(&mut self, now: Instant) -> ControlFlow<S::Stop> {
        let (mut changes, mut time_dependent) = (Vec::new(), Vec::new());
        let mut is_empty = true;
        while let Some(id) = self.schedule.next_session(now) {
            is_empty = false;
            let session = id.clone();
            let collect = |evidence| time_dependent.push((session, evidence));
            changes.extend(self.known.refresh_session(id, &self.collector, &self.snapshot, collect));
        }
        if is_empty && self.schedule.wait_time(now) > Duration::ZERO {
            return ControlFlow::Continue(());
        }
        self.sink.publish(changes)?;
        let signal_dir = self.collector.signal_dir();
        for (id, evidence) in time_dependent {
            self.sink.look_at_evidence(signal_dir, &id, &evidence);
        }
        self.schedule.finish_slice(Instant::now());
        ControlFlow::Continue(())
    }

    /// Reads the conversations of one slice of the backlog, and publishes their sessions again.
    fn continue_backlog(&mut self, now: Instant) -> ControlFlow<S::Stop> {
        let (mut changes, mut is_empty) = (Vec::new(), true);
        while let Some(id) = self.known.next_in_backlog(now) {
            is_empty = false;
            changes.extend(self.known.refresh_session(id, &self.collector, &self.snapshot, drop));
        }
        if !is_empty {
            self.sink.publish(changes)?;
            self.known.finish_backlog_slice(Instant::now());
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use session_signals_protocol::file_names::SIGNAL_DIR;

    use std::convert::Infallible;
    use std::time::SystemTime;

    use super::*;
    use crate::model::SessionChange;

    struct Nobody;

    impl SessionSink for Nobody {
        type Stop = Infallible;

        fn publish(&mut self, _: Vec<SessionChange>) -> ControlFlow<Infallible> {
            ControlFlow::Continue(())
        }
    }

    #[test]
    fn only_sessions_that_time_may_change_are_in_every_round() {
        let config_dir = tempfile::tempdir().unwrap();
        let signal_dir = config_dir.path().join(SIGNAL_DIR);
        fs_err::create_dir(&signal_dir).unwrap();
        let write = |session: &str, kind: &str, members: &str| {
            let path = signal_dir.join(format!("{session}.{kind}.json"));
            fs_err::write(&path, format!("{{\"session_id\":\"{session}\"{members}}}")).unwrap();
            path
        };
        let elsewhere = r#","claude_pid":1,"claude_start":1,"claude_host":"elsewhere/1""#;
        for number in 0..1000 {
            write(&format!("ended{number}"), "ended", "");
            write(&format!("elsewhere{number}"), ["stop", "working", "permission"][number % 3], elsewhere);
            write(&format!("unknown{number}"), "stop", "");
        }
        // A process may die, a transcript may grow, and a signal whose time is in the future comes into force.
        write("alive", "stop", &format!(r#","claude_pid":{}"#, std::process::id()));
        write("transcript", "working", &format!(r#"{elsewhere},"transcript_path":"/nonexistent""#));
        let ahead = write("ahead", "stop", "");
        let later = SystemTime::now() + Duration::from_secs(3600);
        fs_err::File::options().write(true).open(ahead).unwrap().into_file().set_modified(later).unwrap();
        // A session that needs a repair is refreshed again before it is repaired.
        let host = session_signals_protocol::cli_process::host_id()
            .map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned());
        if let Some(host) = host {
            write("killed", "working", &format!(r#","claude_pid":4194300,"claude_start":1,"claude_host":"{host}""#));
        }
        let mut model = SessionModel::new(config_dir.path(), Nobody, Rounds::Always).unwrap();
        assert!(model.publish_all().is_continue());
        let time_dependent: Vec<_> = model.known.time_dependent().filter(|id| *id != "killed").collect();
        assert_eq!(time_dependent, ["ahead", "alive", "transcript"]);
        let has_host = session_signals_reader::IDENTIFIES_PROCESSES;
        assert_eq!(model.known.time_dependent().any(|id| id == "killed"), has_host);
        assert_eq!(model.known.ids().count(), 3003 + usize::from(has_host));
    }
}
