//! What is known of one session.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use crate::process_state::ProcessState;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::regular_file;
use crate::session_signals::SessionSignals;
use crate::signal::Signal;
use crate::snapshot::Snapshot;
use crate::transcript::TranscriptTail;

/// After a change, time alone changes nothing more than this much later. A registry entry counts when it and the signals have
/// been unchanged for a second.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// All that is known of one session. What the session does is decided from this value and the time, and from nothing else.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The signals of the session.
    pub signals: SessionSignals,
    /// The CLI's own entry for the session, if it counts: see [`Snapshot::entry_of_session`].
    pub registry: Option<RegistryEntry>,
    /// What is known of the process that runs the session: the one of the registry entry, or else of the newest signal.
    pub process: ProcessState,
    /// Whether that process is certainly of this host.
    pub is_of_this_host: bool,
    /// Since when the registry has said that the process runs another session. `None` if it does not say so.
    pub left_at: Option<SystemTime>,
    /// The end of the session's transcript, if it is needed and can be read.
    pub transcript: Option<TranscriptTail>,
}

impl Evidence {
    /// Collects what is known of a session with these signals. `None` if nothing is known of it, or if it is no session of its
    /// own (see [`Snapshot::is_spare_session`] and [`Snapshot::is_parked_session`]).
    ///
    /// Looks at the session's process and, if it is needed, reads the end of the transcript. An error of that is added to the
    /// snapshot.
    #[must_use]
    pub fn collect(
        session: &str,
        signals: Option<&SessionSignals>,
        snapshot: &Snapshot,
        now: SystemTime,
    ) -> Option<Self> {
        let newest = signals.and_then(|signals| signals.newest(now));
        let ended = signals.and_then(|signals| signals.in_force(SignalKind::Ended, now));
        let entry = snapshot.entry_of_session(session, newest, ended);
        let is_no_session = snapshot.is_spare_session(session) || snapshot.is_parked_session(session, newest);
        if signals.is_none() && entry.is_none() || is_no_session {
            return None;
        }
        let mut evidence = Self { signals: signals.cloned().unwrap_or_default(), ..Self::default() };
        let is_entry_of_this_host = |entry: &RegistryEntry| {
            entry.is_of_this_host && !newest.is_some_and(|newest| snapshot.host.is_foreign_to(newest))
        };
        evidence.is_of_this_host =
            newest.is_some_and(|newest| snapshot.host.is_host_of(newest)) || entry.is_some_and(is_entry_of_this_host);
        let process_of_signal = || newest.map_or(ProcessState::Unknown, |newest| snapshot.process_state(newest));
        // The registry has only living processes of our pid namespace.
        let is_vouched_for = entry.is_some_and(|entry| entry.namespace.is_none());
        evidence.process = if is_vouched_for { ProcessState::Alive } else { process_of_signal() };
        if let Some(entry) = entry {
            if evidence.process != ProcessState::Alive {
                evidence.process = ProcessState::Elsewhere;
            }
            evidence.registry = Some(entry.clone());
        } else if evidence.process == ProcessState::Alive {
            // If the process has an entry, then it is an entry of another session.
            evidence.left_at = newest.and_then(|newest| snapshot.process_changed_at(newest));
        } else if evidence.process == ProcessState::Dead {
            evidence.drop_dead_signals(snapshot);
        }
        evidence.transcript = evidence.needed_transcript(now).and_then(|path| match TranscriptTail::read(path) {
            Ok(tail) => Some(tail),
            Err(error) => {
                if let Some(sentence) = regular_file::describe_failure(path, &error) {
                    snapshot.add_unreadable(sentence);
                }
                None
            }
        });
        Some(evidence)
    }

    /// Returns whether the evidence stays as it is until a file changes: no process can die, no registry entry can settle, no
    /// transcript is read, and no signal has a time after `now`.
    #[must_use]
    pub fn is_time_independent(&self, now: SystemTime) -> bool {
        let is_quiet = self.registry.is_none() && self.left_at.is_none() && self.process != ProcessState::Alive;
        is_quiet && self.signals.iter().all(|signal| signal.time <= now) && self.needed_transcript(now).is_none()
    }

    /// Returns whether time alone may change within seconds what the evidence says, apart from the end of the process. A registry
    /// entry settles, a transcript grows, or a signal has a time after `now`.
    #[must_use]
    pub fn may_change_soon(&self, now: SystemTime) -> bool {
        let is_new = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age < SETTLED_AFTER) || time > now;
        let entry = self.registry.as_ref();
        let changes = entry.map(|entry| entry.written_at).into_iter().chain(self.left_at);
        let mut times = changes.chain(self.signals.iter().map(|signal| signal.time));
        times.any(is_new) || self.needed_transcript(now).is_some()
    }

    /// Returns whether a transcript is needed and could not be read. A new session may have none yet.
    pub(crate) fn lacks_transcript(&self, now: SystemTime) -> bool {
        let is_missing =
            |path: &Path| path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        self.transcript.is_none() && self.needed_transcript(now).is_some_and(|path| !is_missing(path))
    }

    /// Removes the signals of dead processes if another process that a signal names is alive: that process continues the same
    /// session.
    fn drop_dead_signals(&mut self, snapshot: &Snapshot) {
        let runs_on = |signal: &Signal| {
            snapshot.process_state(signal) == ProcessState::Alive && snapshot.process_changed_at(signal).is_none()
        };
        if self.signals.iter().any(runs_on) {
            self.signals.retain(|signal| snapshot.process_state(signal) != ProcessState::Dead);
            self.process = ProcessState::Alive;
        }
    }

    /// Returns the path of the transcript if it is needed.
    ///
    /// If there is no registry entry, only the transcript shows an interrupted turn and an answered call, because these fire no
    /// hook. If a dialog is open, the transcript shows whether the user or the CLI opened it.
    fn needed_transcript(&self, now: SystemTime) -> Option<&Path> {
        let is_turn = [SignalKind::Permission, SignalKind::Working]
            .into_iter()
            .any(|kind| self.signals.in_force(kind, now).is_some());
        let is_told = self.registry.as_ref().is_some_and(|entry| entry.status != RegistryStatus::Dialog);
        if !is_turn || is_told || self.process == ProcessState::Dead {
            return None;
        }
        self.signals.newest(now)?.members.transcript_path.as_deref()
    }
}
