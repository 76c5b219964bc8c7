//! What is wrong with a session's files, and what mends it. Pure.

use std::time::{Duration, SystemTime};

use session_signals_protocol::time::Time;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::session_signals::SessionSignals;
use crate::session_state::{DecidedState, SessionState, decide_state};
use crate::timestamps;

/// How long the registry must have been of another mind than a signal, where it does not move for what is so: neither does
/// it while it lags.
const CONTRADICTION_TIME: Duration = Duration::from_secs(3);

/// The rule of signals that a crash, or somebody else's hook, left beside newer ones.
pub const SUPERSEDED_RULE: &str = "overtaken";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairPlan {
    /// The rule that says so: the verdict's, or [`OVERTAKEN`].
    pub rule: &'static str,
    /// Why, in words.
    pub reason: &'static str,
    /// What the files alone say.
    pub state_by_files: Option<SessionState>,
    /// What is true.
    pub state: SessionState,
    /// Since when.
    pub since: SystemTime,
    /// The signal to publish.
    pub publish: Option<SignalKind>,
    /// The modification time that it gets.
    pub modified: Time,
    /// The newest signal: what is published has the session's members from it.
    pub base: Option<SignalKind>,
    /// The signal that says what the session did last: what is published has that turn's members from it.
    pub turn: Option<SignalKind>,
    /// The signals to delete, indexed by `Kind as usize`.
    pub clear: [bool; 4],
}

/// What a reader says who has the files alone: ended > permission > stop > working.
pub fn state_by_files(signals: &SessionSignals) -> Option<SessionState> {
    signals.first_by_priority().map(|kind| match kind {
        SignalKind::Ended => SessionState::Ended,
        SignalKind::Permission => SessionState::Permission,
        SignalKind::Stop => SessionState::Waiting,
        SignalKind::Working => SessionState::Working,
    })
}

/// What mends the files; `None` where nothing is wrong, nothing is certain, or the process is not of this host.
pub fn plan_repair(evidence: &Evidence, now: SystemTime) -> Option<RepairPlan> {
    let signals = &evidence.signals;
    let newest = signals.newest(now).filter(|_| evidence.is_of_this_host)?;
    let DecidedState { state, rule, reason, since } = decide_state(evidence, now);
    if !is_certain(rule, evidence, now) {
        return None;
    }
    let kind = match state {
        SessionState::Working => SignalKind::Working,
        SessionState::Permission => SignalKind::Permission,
        SessionState::Waiting => SignalKind::Stop,
        SessionState::Ended => SignalKind::Ended,
    };
    let in_force = |kind| signals.in_force(kind, now).is_some();
    // A permission that no event told of is published, too: that a call waits is known, if not which.
    let publish = Some(kind).filter(|kind| !in_force(*kind));
    let beside = |other| {
        state == SessionState::Permission && matches!(other, SignalKind::Working | SignalKind::Stop) && in_force(other)
    };
    let clear = SIGNAL_KINDS.map(|other| other != kind && signals.get(other).is_some() && !beside(other));
    let was = state_by_files(signals);
    if publish.is_none() && !clear.contains(&true) {
        return None;
    }
    let is_told = was == Some(state) || matches!(rule, "working" | "stop" | "permission" | "ended");
    let is_overtaken = publish.is_none() && is_told;
    Some(RepairPlan {
        rule: if is_overtaken { SUPERSEDED_RULE } else { rule },
        reason: if is_overtaken { "a newer signal stands beside it" } else { reason },
        state_by_files: was,
        state,
        since,
        publish,
        modified: timestamps::to_hook_time(newest.time).next_nanosecond(),
        base: signals.newest_kind(now),
        turn: [SignalKind::Stop, SignalKind::Working].into_iter().find(|kind| in_force(*kind)),
        clear,
    })
}

/// Whether what a rule says is certain enough to write it down. What a reader takes back a second later, a file
/// would have lost: the registry must have moved since the signal that it contradicts. Where it need not move for what is
/// so, it must have been of another mind for a while.
fn is_certain(rule: &str, evidence: &Evidence, now: SystemTime) -> bool {
    let signals = &evidence.signals;
    let at = |kind| signals.get(kind).map(|signal| signal.time);
    let asked = || signals.get(SignalKind::Permission).map(|permission| permission.newest_call_at(now));
    let moved = evidence.registry.as_ref().map(|entry| entry.status_changed_at);
    let has_moved_since = |at: Option<SystemTime>| moved.is_some_and(|moved| at.is_none_or(|at| at < moved));
    let is_silent_since = |at: Option<SystemTime>| {
        at.is_some_and(|at| now.duration_since(at).is_ok_and(|passed| passed >= CONTRADICTION_TIME))
    };
    let contradicts = |at| has_moved_since(at) || is_silent_since(at);
    match rule {
        "asks" | "questions" | "held" => {
            let newest = signals.newest(now).map(|newest| newest.time);
            signals.in_force(SignalKind::Permission, now).is_some() || contradicts(newest)
        }
        "dialog" => has_moved_since(asked()) && has_moved_since(at(SignalKind::Working)),
        "approved" | "denied" => has_moved_since(asked()),
        // A prompt that another hook blocked does not move it, nor does a turn that goes on after its Stop.
        "queued" => contradicts(at(SignalKind::Stop)),
        "interrupted" => contradicts(at(SignalKind::Working)),
        "unsettled" | "unknown" => false,
        _ => true,
    }
}
