//! The last signals of sessions that go on although nothing of theirs stands in the spool: another daemon deletes what it
//! has seen. The hooks never do that. While a CLI runs, one of its session's signals stands.

use std::collections::HashMap;
use std::time::SystemTime;

use session_signals_protocol::SignalKind;

use session_signals_reader::{
    Evidence, ProcessState, SessionSignals, SessionState, Signal, Snapshot, decide_state, is_cli_process,
    is_process_alive,
};

/// What stood last for each session whose process lives.
#[derive(Default)]
pub struct LastSignals(HashMap<String, SessionSignals>);

impl LastSignals {
    /// Remembers what stands for a session, if it goes on.
    pub fn remember(&mut self, session: &str, evidence: &Evidence, state: SessionState) {
        if evidence.process == ProcessState::Alive && state != SessionState::Ended && !evidence.signals.is_empty() {
            self.0.insert(session.to_owned(), evidence.signals.clone());
        } else {
            self.0.remove(session);
        }
    }

    /// What is known of a session for which nothing stands any more; `None` where it does not go on.
    pub fn evidence_of(&mut self, session: &str, look: &Snapshot, now: SystemTime) -> Option<Evidence> {
        let last = self.0.get_mut(session)?;
        remove_permission(last);
        let found = Evidence::collect(session, Some(last), look, now).filter(|evidence| {
            let goes_on = evidence.registry.is_some() || last.newest(now).is_some_and(|newest| is_alive(newest, look));
            goes_on && decide_state(evidence, now).state != SessionState::Ended
        });
        if found.is_none() {
            self.0.remove(session);
        }
        found
    }
}

/// A question whose signal was deleted was answered: the turn in which it was asked goes on.
fn remove_permission(signals: &mut SessionSignals) {
    let question = signals.replace(SignalKind::Permission, None);
    if signals.is_empty() {
        signals.replace(SignalKind::Working, question);
    }
}

/// Whether the process that a signal names is for certain a CLI of this host that lives. Somebody else's process may run
/// the hooks, too, and clean up after itself.
fn is_alive(signal: &Signal, look: &Snapshot) -> bool {
    let (start, Some(pid)) = (signal.members.claude_start, signal.members.claude_pid) else { return false };
    let is_certain = look.host.is_host_of(signal) && (start.is_some() || !cfg!(target_os = "linux"));
    is_certain && is_process_alive(pid, start) && is_cli_process(pid)
}
