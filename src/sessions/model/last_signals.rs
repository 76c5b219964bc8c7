//! The last signals of sessions that go on although another program deleted their signals.
//!
//! The hooks never delete the last signal of a session while its CLI runs. But the daemon of a session dashboard may delete
//! the signals that it has read.

use std::collections::HashMap;
use std::time::SystemTime;

use session_signals_protocol::SignalKind;

use session_signals_reader::{
    Evidence, IDENTIFIES_PROCESSES, ProcessState, SessionSignals, SessionState, Signal, Snapshot, decide_state,
    is_cli_process, is_process_alive,
};

/// The last signals of each session whose process is alive.
#[derive(Default)]
pub struct LastSignals(HashMap<String, SessionSignals>);

impl LastSignals {
    /// Stores the signals of a session if its process is alive and the session has not ended. Otherwise forgets them.
    pub fn remember(&mut self, session: &str, evidence: &Evidence, state: SessionState) {
        if evidence.process == ProcessState::Alive && state != SessionState::Ended && !evidence.signals.is_empty() {
            self.0.insert(session.to_owned(), evidence.signals.clone());
        } else {
            self.0.remove(session);
        }
    }

    /// Returns the evidence of a session that has no signals any more, from its last ones. `None` if the session does not
    /// go on.
    pub fn evidence_of(&mut self, session: &str, snapshot: &Snapshot, now: SystemTime) -> Option<Evidence> {
        let signals = self.0.get_mut(session)?;
        remove_permission(signals);
        let found = Evidence::collect(session, Some(signals), snapshot, now).filter(|evidence| {
            let has_process =
                evidence.registry.is_some() || signals.newest(now).is_some_and(|newest| is_alive(newest, snapshot));
            has_process && decide_state(evidence, now).state != SessionState::Ended
        });
        if found.is_none() {
            self.0.remove(session);
        }
        found
    }
}

/// Removes the permission signal: if it was deleted, the call was answered, and the turn that made it goes on. If there is
/// no other signal, the turn's own is made of it.
fn remove_permission(signals: &mut SessionSignals) {
    let permission = signals.replace(SignalKind::Permission, None);
    if signals.is_empty() {
        signals.replace(SignalKind::Working, permission);
    }
}

/// Returns whether the process that the signal names is certainly a living CLI of this host. A process of another program
/// may have run the hooks, too, and then removed its signals.
fn is_alive(signal: &Signal, snapshot: &Snapshot) -> bool {
    let (start, Some(pid)) = (signal.members.claude_start, signal.members.claude_pid) else { return false };
    let is_certain = snapshot.host.is_host_of(signal) && (start.is_some() || !IDENTIFIES_PROCESSES);
    is_certain && is_process_alive(pid, start) && is_cli_process(pid)
}
