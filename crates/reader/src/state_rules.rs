//! The rules that decide what a session does.

use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use crate::evidence::Evidence;
use crate::pending_call::PendingCall;
use crate::process_state::ProcessState;
use crate::registry_entry::{RegistryEntry, RegistryStatus};
use crate::session_state::{DecidedState, SessionState};
use crate::signal::Signal;
use crate::signal_members::SignalMembers;

/// How long the registry and the signals must not have changed before the registry counts: it is up to 250 ms behind the hooks.
const SETTLING_TIME: Duration = Duration::from_secs(1);

/// How long after the start of its process the registry may first say that a session is idle. If the entry has not changed since,
/// the session has had no prompt.
const STARTING_PERIOD: Duration = Duration::from_secs(2);

/// The id of the rule for a session that has had no prompt since it was started or resumed.
pub const STARTED_RULE: &str = "started";

/// A rule that decides what a session does.
pub struct StateRule {
    /// The id of the rule, as `sessions --json` gives it.
    pub id: &'static str,
    /// Returns since when the session has been in the state; `None` if the rule does not apply.
    applies_since: fn(&RuleInput<'_>) -> Option<SystemTime>,
    /// What the session does if the rule applies.
    pub state: SessionState,
    /// Why, in a few words for the user.
    pub reason: &'static str,
}

/// The evidence in the form that the rules use.
struct RuleInput<'a> {
    evidence: &'a Evidence,
    now: SystemTime,
    /// The signals that no newer signal made false, by kind.
    ended: Option<&'a Signal>,
    permission: Option<&'a Signal>,
    stop: Option<&'a Signal>,
    working: Option<&'a Signal>,
    /// The registry entry, once it has settled.
    registry: Option<&'a RegistryEntry>,
}

impl RuleInput<'_> {
    /// Returns since when the settled registry entry has had this status.
    fn has_status(&self, status: RegistryStatus) -> Option<SystemTime> {
        self.registry.filter(|entry| entry.status == status).map(|entry| entry.status_changed_at)
    }

    /// Returns since when the session has been over.
    ///
    /// `None` if the registry shows that the CLI was started or did something after the end, because then its `SessionStart`
    /// hook failed. `None` also if another process than the one that ended runs the session on.
    fn ended(&self) -> Option<SystemTime> {
        let entry = self.evidence.registry.as_ref();
        let active_at =
            entry.and_then(|entry| entry.started_at).max(self.registry.map(|entry| entry.status_changed_at));
        let is_of_another_process = |ended: &Signal| {
            let names_process = ended.members.claude_pid.is_some();
            entry.is_some_and(|entry| names_process && !entry.is_process_of(ended))
        };
        self.ended
            .filter(|ended| active_at.is_none_or(|active_at| active_at <= ended.time && ended.time <= self.now))
            .filter(|ended| !is_of_another_process(ended))
            .map(|ended| ended.since)
    }

    /// Returns the earliest time at which the process of the newest signal can have died.
    fn killed(&self) -> Option<SystemTime> {
        let newest = self.evidence.signals.newest(self.now).filter(|_| self.evidence.process == ProcessState::Dead);
        newest.map(|signal| signal.time)
    }

    /// Returns since when the process has run another session.
    fn left(&self) -> Option<SystemTime> {
        self.evidence.left_at.filter(|left| self.newest_time().is_none_or(|newest| newest < *left))
    }

    /// Returns since when the session has waited because the user ended the turn, if a signal says so and names this rule.
    fn told(&self, rule: &str) -> Option<SystemTime> {
        let stop = self.stop.filter(|_| self.permission.is_none())?;
        (stop.members.rule_of_users_act() == Some(rule)).then_some(stop.since)
    }

    /// Returns when the user interrupted the turn, as the transcript says.
    fn marked(&self) -> Option<SystemTime> {
        self.permission.or(self.working)?;
        let interrupted = self.evidence.transcript.as_ref()?.interrupted_at;
        interrupted.filter(|interrupted| self.newest_time().is_none_or(|newest| *interrupted > newest))
    }

    /// Returns since when a dialog has been open while no delegated task runs. Such a task has signals of its own.
    fn dialog(&self) -> Option<SystemTime> {
        let asks = self.permission.is_some_and(Signal::asks_for_subagent);
        self.has_status(RegistryStatus::Dialog).filter(|_| !asks && !self.may_run_task())
    }

    /// Returns whether a delegated task may run after the turn, as the turn's `Stop` says or the repair that took its place.
    fn may_run_task(&self) -> bool {
        let [stop, working] = [self.stop, self.working].map(|signal| signal.map(|signal| &signal.members));
        // `Stop` publishes `working` only while such a task runs. If a repair wrote `working`, the turn may be that of a task.
        let may_be_of_task = |working: &SignalMembers| {
            let is_repaired = working.healed_by.is_some() && working.background_tasks.is_none();
            is_repaired || working.hook_event_name.as_deref() == Some("Stop")
        };
        stop.is_some_and(SignalMembers::has_delegated_task)
            || working.is_some_and(|working| working.has_delegated_task() || may_be_of_task(working))
    }

    /// Returns since when a dialog of the CLI has held the turn: a call of the turn has no result. If the user had interrupted the
    /// turn and opened the dialog, each call would have a result.
    fn held(&self) -> Option<SystemTime> {
        let (since, working) = (self.dialog()?, self.working?);
        let unanswered = self.evidence.transcript.as_ref()?.unanswered_since?;
        (working.time < unanswered).then_some(since)
    }

    /// Returns since when the session has waited for its first prompt since it was started. If there are no signals, the registry
    /// entry must not have changed since the start.
    fn started(&self) -> Option<SystemTime> {
        let is_untouched = |entry: &&RegistryEntry| {
            let after = entry.started_at.and_then(|started| entry.status_changed_at.duration_since(started).ok());
            // An entry that does not say when its status changed has the time of the start instead.
            entry.status == RegistryStatus::Idle
                && after.is_some_and(|after| !after.is_zero() && after <= STARTING_PERIOD)
        };
        if self.evidence.signals.is_empty() {
            return self.registry.filter(is_untouched).map(|entry| entry.status_changed_at);
        }
        let stop = self.stop.filter(|stop| stop.members.hook_event_name.as_deref() == Some("SessionStart"))?;
        self.permission.is_none().then_some(stop.since)
    }

    /// Returns when the permission was published, if each of its calls has a result in the transcript.
    fn answered(&self) -> Option<SystemTime> {
        let permission = self.permission?;
        let tail = self.evidence.transcript.as_ref()?;
        let pending = permission.members.pending.as_ref().filter(|pending| !pending.is_empty())?;
        pending.iter().all(|call: &PendingCall| tail.has_result(call)).then_some(permission.time)
    }

    /// Returns the time of the newest signal; `None` if that is after now.
    fn newest_time(&self) -> Option<SystemTime> {
        self.evidence.signals.newest(self.now).map(|signal| signal.time).filter(|time| *time <= self.now)
    }
}

const fn state_rule(
    id: &'static str,
    applies_since: fn(&RuleInput<'_>) -> Option<SystemTime>,
    state: SessionState,
    reason: &'static str,
) -> StateRule {
    StateRule { id, applies_since, state, reason }
}

fn since(signal: Option<&Signal>) -> Option<SystemTime> {
    signal.map(|signal| signal.since)
}

/// The rules, in their order. The first rule that applies decides, and the last one always applies.
#[rustfmt::skip]
#[expect(clippy::redundant_closure_for_method_calls, reason = "a method's own path has one lifetime too few")]
pub static STATE_RULES: [StateRule; 22] = [
    // The end.
    state_rule("ended", |input| input.ended(), SessionState::Ended, "the session ended"),
    state_rule("killed", |input| input.killed(), SessionState::Ended, "its process has ended"),
    state_rule("left", |input| input.left(), SessionState::Ended, "its process runs another session"),
    // The registry, once it has settled, shows what fires no hook. A repair and the module of the plugin write it into the signals.
    state_rule("asks", |input| input.has_status(RegistryStatus::Permission).map(|time| since(input.permission).unwrap_or(time)), SessionState::Permission, "a call needs approval"),
    state_rule("questions", |input| input.has_status(RegistryStatus::Question).map(|time| since(input.permission).unwrap_or(time)), SessionState::Permission, "a question needs an answer"),
    state_rule("held", |input| input.held(), SessionState::Permission, "Claude Code shows a dialog, and the turn waits"),
    state_rule("dialog", |input| input.dialog().map(|time| since(input.stop).unwrap_or(time)), SessionState::Waiting, "a dialog is open"),
    state_rule("approved", |input| input.permission.and(input.has_status(RegistryStatus::Busy)), SessionState::Working, "approved, and the tool runs"),
    state_rule("queued", |input| input.stop.and(input.has_status(RegistryStatus::Busy)), SessionState::Working, "the turn goes on after its Stop"),
    state_rule("busy", |input| input.has_status(RegistryStatus::Busy).map(|time| since(input.working).unwrap_or(time)), SessionState::Working, "a turn runs"),
    state_rule("background", |input| input.has_status(RegistryStatus::Shell).map(|time| since(input.stop).unwrap_or(time)), SessionState::Waiting, "the turn is over, and a shell still runs in the background"),
    state_rule("denied", |input| input.permission.and(input.has_status(RegistryStatus::Idle)).or_else(|| input.told("denied")), SessionState::Waiting, "denied or dismissed"),
    state_rule("interrupted", |input| input.working.and(input.has_status(RegistryStatus::Idle)).or_else(|| input.told("interrupted")), SessionState::Waiting, "interrupted, or the prompt was blocked"),
    state_rule(STARTED_RULE, |input| input.started(), SessionState::Waiting, "started, and no prompt since"),
    state_rule("idle", |input| input.has_status(RegistryStatus::Idle).map(|time| since(input.stop).unwrap_or(time)), SessionState::Waiting, "the turn is over"),
    // The transcript, if there is no registry entry.
    state_rule("marked", |input| input.marked(), SessionState::Waiting, "interrupted, as the transcript shows"),
    state_rule("answered", |input| input.answered(), SessionState::Working, "answered, as the transcript shows"),
    // The signals.
    state_rule("permission", |input| since(input.permission), SessionState::Permission, "a call needs approval"),
    state_rule("stop", |input| since(input.stop), SessionState::Waiting, "the turn is over"),
    state_rule("working", |input| since(input.working), SessionState::Working, "a turn runs"),
    // No signals, and a registry entry that has not settled yet.
    state_rule("unsettled", |input| input.evidence.registry.as_ref().filter(|entry| entry.status == RegistryStatus::Busy).map(|entry| entry.status_changed_at), SessionState::Working, "a turn runs"),
    state_rule("unknown", |input| Some(input.now), SessionState::Waiting, "no source says what the session does"),
];

/// Decides what a session does, from the evidence and the time alone. There is always an answer.
#[must_use]
pub fn decide_state(evidence: &Evidence, now: SystemTime) -> DecidedState {
    let signals = &evidence.signals;
    let newest = signals.newest(now).map(|signal| signal.time);
    // A time that is far after `now` counts as old, because the clock stepped back. A time that is a little after `now` may be
    // of a change since `now` was read.
    let is_old = |time: SystemTime| now.duration_since(time).unwrap_or_else(|ahead| ahead.duration()) >= SETTLING_TIME;
    let is_settled = |entry: &&RegistryEntry| is_old(entry.status_changed_at) && newest.is_none_or(is_old);
    let input = RuleInput {
        evidence,
        now,
        ended: signals.in_force(SignalKind::Ended, now),
        permission: signals.in_force(SignalKind::Permission, now),
        stop: signals.in_force(SignalKind::Stop, now),
        working: signals.in_force(SignalKind::Working, now),
        registry: evidence.registry.as_ref().filter(is_settled),
    };
    let decided = STATE_RULES.iter().find_map(|rule| (rule.applies_since)(&input).map(|since| (rule, since)));
    let (rule, since) = decided.unwrap_or((&STATE_RULES[STATE_RULES.len() - 1], now));
    DecidedState { state: rule.state, rule: rule.id, reason: rule.reason, since }
}
