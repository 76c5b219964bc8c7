//! What is wrong with the signals of a session, and how it is repaired. Everything here is pure.

use std::time::{Duration, SystemTime};

use session_signals_protocol::time::Time;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use crate::evidence::Evidence;
use crate::session_signals::SessionSignals;
use crate::session_state::{DecidedState, SessionState};
use crate::state_rules::decide_state;
use crate::timestamps::to_hook_time;

/// How long the registry must have said something else than a signal before the signal is repaired, if the registry need not
/// change after the signal for that.
const CONTRADICTION_TIME: Duration = Duration::from_secs(3);

/// The id of the rule for signals that a killed hook or another program left beside newer ones.
const SUPERSEDED_RULE: &str = "overtaken";

/// What must be done so that a reader that has only the signal files sees the same as a reader of all sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairPlan {
    /// The id of the rule that decided the state, or `overtaken` if signals are deleted only because newer ones made them false.
    pub rule: &'static str,
    /// Why, in a few words.
    pub reason: &'static str,
    /// What the files alone say. `None` if there are none.
    pub state_by_files: Option<SessionState>,
    /// What the session does.
    pub state: SessionState,
    /// Since when.
    pub since: SystemTime,
    /// The kind of the signal to publish, if there is one to publish.
    pub publish: Option<SignalKind>,
    /// The modification time of the published signal: one nanosecond after the newest signal. So every event that comes later is
    /// newer than the repair.
    pub modified: Time,
    /// The kind of the newest signal. The published signal takes the members of the session from it.
    pub base: Option<SignalKind>,
    /// The kind of the signal of the last turn. The published signal takes the members of the turn from it.
    pub turn: Option<SignalKind>,
    /// Which signals to delete, indexed by `SignalKind as usize`.
    pub clear: [bool; 4],
}

/// Returns what a reader sees that has only the files: see [`KIND_PRIORITY`](crate::KIND_PRIORITY).
pub fn state_by_files(signals: &SessionSignals) -> Option<SessionState> {
    signals.first_by_priority().map(SessionState::of_signal)
}

/// Plans the repair of a session's signals. `None` if nothing is wrong, if it is not certain, or if the process is not certainly
/// of this host.
#[must_use]
pub fn plan_repair(evidence: &Evidence, now: SystemTime) -> Option<RepairPlan> {
    let signals = &evidence.signals;
    let newest = signals.newest(now).filter(|_| evidence.is_of_this_host)?;
    let DecidedState { state, rule, reason, since } = decide_state(evidence, now);
    if !is_certain(rule, evidence, now) {
        return None;
    }
    let kind = SIGNAL_KINDS.into_iter().find(|kind| SessionState::of_signal(*kind) == state)?;
    let is_in_force = |kind| signals.in_force(kind, now).is_some();
    // A permission is published even if no event reported the call: it is known that a call waits, but not which one.
    let publish = Some(kind).filter(|kind| !is_in_force(*kind));
    let stays_beside_permission = |other| {
        state == SessionState::Permission
            && matches!(other, SignalKind::Working | SignalKind::Stop)
            && is_in_force(other)
    };
    let clear =
        SIGNAL_KINDS.map(|other| other != kind && signals.get(other).is_some() && !stays_beside_permission(other));
    if publish.is_none() && !clear.contains(&true) {
        return None;
    }
    let state_by_files = state_by_files(signals);
    let is_by_signals = state_by_files == Some(state) || matches!(rule, "working" | "stop" | "permission" | "ended");
    let is_superseded = publish.is_none() && is_by_signals;
    Some(RepairPlan {
        rule: if is_superseded { SUPERSEDED_RULE } else { rule },
        reason: if is_superseded { "a newer signal made an older one false" } else { reason },
        state_by_files,
        state,
        since,
        publish,
        modified: to_hook_time(newest.time).next_nanosecond(),
        base: signals.newest_kind(now),
        turn: [SignalKind::Stop, SignalKind::Working].into_iter().find(|kind| is_in_force(*kind)),
        clear,
    })
}

/// Returns whether what a rule says is certain enough to be written to files.
///
/// A reader may say something and take it back a second later, but a file that was deleted is lost. So the registry must have
/// changed after the signal that it contradicts. If it need not change for that, it must have contradicted the signal for
/// [`CONTRADICTION_TIME`].
fn is_certain(rule: &str, evidence: &Evidence, now: SystemTime) -> bool {
    let signals = &evidence.signals;
    let time_of = |kind| signals.get(kind).map(|signal| signal.time);
    let asked_at = || signals.get(SignalKind::Permission).map(|permission| permission.newest_call_at(now));
    let changed_at = evidence.registry.as_ref().map(|entry| entry.status_changed_at);
    let changed_since =
        |time: Option<SystemTime>| changed_at.is_some_and(|changed| time.is_none_or(|time| time < changed));
    let is_long_ago = |time: Option<SystemTime>| {
        time.is_some_and(|time| now.duration_since(time).is_ok_and(|age| age >= CONTRADICTION_TIME))
    };
    let contradicts = |time| changed_since(time) || is_long_ago(time);
    match rule {
        "asks" | "questions" | "held" => {
            let newest = signals.newest(now).map(|newest| newest.time);
            signals.in_force(SignalKind::Permission, now).is_some() || contradicts(newest)
        }
        "dialog" => changed_since(asked_at()) && changed_since(time_of(SignalKind::Working)),
        "approved" | "denied" => changed_since(asked_at()),
        // The status does not change for a prompt that another hook blocked, nor for a turn that goes on after its Stop.
        "queued" => contradicts(time_of(SignalKind::Stop)),
        "interrupted" => contradicts(time_of(SignalKind::Working)),
        "unsettled" | "unknown" => false,
        _ => true,
    }
}
