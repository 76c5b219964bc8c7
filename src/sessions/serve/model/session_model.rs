//! The thread that keeps the feed true: it reads what changed, refreshes the sessions, and repairs their files.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use super::known_sessions::KnownSessions;
use super::mass_removal::MassRemoval;
use super::refresh_schedule::RefreshSchedule;
use crate::display_text::make_harmless;
use crate::serve::error_log::log_line;
use crate::serve::feed::Feed;
use crate::serve::upkeep::Repairer;
use session_signals_reader::{ChangedSource, Collector, Snapshot, WatchEvent, Watcher};

/// How many file events are read at most before their sessions are published.
const MAX_BATCH: usize = 4096;

/// The pause between two batches of file events while very many signals are deleted. Each batch slows the deletion down.
const BATCH_PAUSE: Duration = Duration::from_millis(5);

/// Everything that is known of the sessions.
pub struct SessionModel {
    collector: Collector,
    watcher: Watcher,
    events: Receiver<WatchEvent>,
    feed: Arc<Feed>,
    snapshot: Snapshot,
    known: KnownSessions,
    removal: MassRemoval,
    schedule: RefreshSchedule,
    repairer: Repairer,
    /// The failures to read a file that were logged, as long as they last.
    failures: BTreeSet<String>,
}

impl SessionModel {
    /// Starts to watch the files, reads them all, and publishes every session.
    ///
    /// # Errors
    /// If the files cannot be watched.
    pub fn new(config_dir: &Path, feed: Arc<Feed>) -> io::Result<Self> {
        let mut collector = Collector::new(config_dir);
        let (sender, events) = channel();
        let watcher = Watcher::new(config_dir, &collector, move |event| {
            let _ = sender.send(event); // fails if the receiver is gone
        })?;
        collector.read_all_signals();
        let (snapshot, now) = (collector.take_snapshot(), Instant::now());
        let mut model = Self {
            collector,
            watcher,
            events,
            feed,
            snapshot,
            known: KnownSessions::new(config_dir),
            removal: MassRemoval::new(now),
            schedule: RefreshSchedule::new(now),
            repairer: Repairer::default(),
            failures: BTreeSet::new(),
        };
        // What changed while the files were read.
        let events: Vec<_> = model.events.try_iter().collect();
        model.read_changes(events);
        let all = model.all_session_ids();
        model.publish_sessions(all);
        model.log_failures();
        Ok(model)
    }

    /// Keeps the feed true until the watcher ends.
    pub fn run_model(mut self) {
        loop {
            let now = Instant::now();
            match self.events.recv_timeout(self.schedule.wait_time(now).min(self.removal.wait_time(now))) {
                Ok(event) => {
                    if !self.removal.is_empty() {
                        std::thread::sleep(BATCH_PAUSE);
                    }
                    let more = self.events.try_iter().take(MAX_BATCH);
                    let events: Vec<_> = std::iter::once(event).chain(more).collect();
                    let changed = self.read_changes(events);
                    self.publish_sessions(changed);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            let removed = self.removal.take_due(now);
            if !removed.is_empty() {
                self.collector.reread_removed(&removed);
                self.publish_sessions(removed);
            }
            if self.schedule.is_due(now) {
                self.start_round(now);
            }
            self.continue_round(now);
        }
    }

    /// Returns the ids of all sessions that exist or were published.
    fn all_session_ids(&self) -> BTreeSet<String> {
        self.collector.session_ids(&self.snapshot).into_iter().chain(self.known.ids()).map(str::to_owned).collect()
    }

    /// Reads again what the events say, and returns the sessions that may have changed.
    fn read_changes(&mut self, events: Vec<WatchEvent>) -> BTreeSet<String> {
        let mut changes: Vec<_> = events.into_iter().flat_map(|event| self.watcher.changed_sources(event)).collect();
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
    fn publish_sessions(&mut self, sessions: BTreeSet<String>) {
        let refresh = |id| self.known.refresh_session(id, &self.collector, &self.snapshot, drop);
        let changes: Vec<_> = sessions.into_iter().map(refresh).collect();
        self.feed.publish(changes);
    }

    /// Logs which files could not be read. A failure is logged again only if the file could be read in between.
    fn log_failures(&mut self) {
        let failures = self.collector.unreadable_files(&self.snapshot);
        let failures: BTreeSet<_> = failures.iter().map(|failure| make_harmless(failure)).collect();
        for failure in failures.difference(&self.failures) {
            log_line(&format!("sessions: {failure}"));
        }
        self.failures = failures;
    }

    /// Starts a round of all sessions that time may change, or of all sessions.
    fn start_round(&mut self, now: Instant) {
        self.log_failures();
        // A directory that cannot be watched is read again in each round.
        if self.watcher.watch_new_directories() {
            self.collector.read_all_signals();
            self.schedule.request_full_round();
        }
        if let Some(failure) = self.watcher.take_failure() {
            log_line(&format!("sessions: {failure}; until watching works again, changes are seen up to a second late"));
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

    /// Refreshes the sessions of one slice of the round, publishes them, and then repairs their files.
    fn continue_round(&mut self, now: Instant) {
        let (mut changes, mut time_dependent) = (Vec::new(), Vec::new());
        while let Some(id) = self.schedule.next_session(now) {
            let session = id.clone();
            let collect = |evidence| time_dependent.push((session, evidence));
            changes.push(self.known.refresh_session(id, &self.collector, &self.snapshot, collect));
        }
        if changes.is_empty() && self.schedule.wait_time(now) > Duration::ZERO {
            return;
        }
        self.feed.publish(changes);
        let signal_dir = self.collector.signal_dir();
        for (id, evidence) in time_dependent {
            self.repairer.repair_session(signal_dir, &id, &evidence, SystemTime::now());
        }
        self.schedule.finish_slice(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use session_signals_protocol::file_names::SIGNAL_DIR;

    use super::*;

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
        let model = SessionModel::new(config_dir.path(), Arc::new(Feed::new(1))).unwrap();
        let time_dependent: Vec<_> = model.known.time_dependent().filter(|id| *id != "killed").collect();
        assert_eq!(time_dependent, ["ahead", "alive", "transcript"]);
        let is_linux = cfg!(target_os = "linux");
        assert_eq!(model.known.time_dependent().any(|id| id == "killed"), is_linux);
        assert_eq!(model.known.ids().count(), 3003 + usize::from(is_linux));
    }
}
