//! What a session does, by an ordered table of rules: the first whose condition holds decides; the last always does.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use session_signals_protocol::SignalKind;

use crate::evidence::Evidence;
use crate::pending_call::PendingCall;
use crate::process_state::ProcessState;
use crate::registry::{RegistryEntry, RegistryStatus};
use crate::signal::Signal;
use crate::signal_members::SignalMembers;

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionState {
    /// A turn runs.
    Working,
    /// A call waits for the user's word.
    Permission,
    /// The session waits for its user.
    Waiting,
    /// The session is over.
    Ended,
}

impl SessionState {
    /// In a word, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Permission => "permission",
            Self::Waiting => "waiting",
            Self::Ended => "ended",
        }
    }
}

/// A state, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedState {
    /// What the session does.
    pub state: SessionState,
    /// The rule that says so.
    pub rule: &'static str,
    /// Why, in words.
    pub reason: &'static str,
    /// Since when.
    pub since: SystemTime,
}

/// How long the sources must have been quiet before the registry counts: it lags the hooks by up to 250 ms.
pub const SETTLING_TIME: Duration = Duration::from_secs(1);

/// How long after its process the registry may first say that a session waits: it has had no prompt then.
const STARTING_PERIOD: Duration = Duration::from_secs(2);

/// The rule of a session that has had no prompt since it was started or resumed: it waits for its user, who need not know.
pub const STARTED_RULE: &str = "started";

/// One rule.
pub struct StateRule {
    /// Its name.
    pub id: &'static str,
    /// Since when it has applied; `None` where it does not.
    when: fn(&RuleInput<'_>) -> Option<SystemTime>,
    /// What it says.
    state: SessionState,
    /// Why, in words.
    pub reason: &'static str,
}

/// The evidence, as the rules ask for it.
struct RuleInput<'a> {
    evidence: &'a Evidence,
    now: SystemTime,
    /// The signals in force, by kind.
    ended: Option<&'a Signal>,
    permission: Option<&'a Signal>,
    stop: Option<&'a Signal>,
    working: Option<&'a Signal>,
    /// The registry's entry, once it counts.
    registry: Option<&'a RegistryEntry>,
}

impl RuleInput<'_> {
    /// Since when the registry has said so.
    fn says(&self, status: RegistryStatus) -> Option<SystemTime> {
        self.registry.filter(|entry| entry.status == status).map(|entry| entry.status_changed_at)
    }

    /// Since when the session has been over, unless the CLI was started, or did something in it, after that
    /// (its `SessionStart` hook failed), or another process than the one that ended runs it on.
    fn ended(&self) -> Option<SystemTime> {
        let account = self.evidence.registry.as_ref();
        let active = account.and_then(|entry| entry.started_at).max(self.registry.map(|entry| entry.status_changed_at));
        let goes_on = |ended: &&Signal| {
            let names_one = ended.members.claude_pid.is_some();
            account.is_some_and(|entry| names_one && !entry.is_process_of(ended))
        };
        self.ended
            .filter(|ended| active.is_none_or(|active| active <= ended.time && ended.time <= self.now))
            .filter(|ended| !goes_on(ended))
            .map(|ended| ended.since)
    }

    /// When the process of the newest signal ended, at the earliest.
    fn killed(&self) -> Option<SystemTime> {
        let newest = self.evidence.signals.newest(self.now).filter(|_| self.evidence.process == ProcessState::Dead);
        newest.map(|signal| signal.time)
    }

    fn left(&self) -> Option<SystemTime> {
        self.evidence.left_at.filter(|left| self.newest().is_none_or(|newest| newest < *left))
    }

    /// When the user interrupted what the signals say.
    fn interrupted(&self) -> Option<SystemTime> {
        self.permission.or(self.working)?;
        let interrupted = self.evidence.transcript.as_ref()?.interrupted_at;
        interrupted.filter(|interrupted| self.newest().is_none_or(|newest| *interrupted > newest))
    }

    /// Since when a dialog has been open while nothing else runs. What goes on after Stop is heard of by its own signals.
    fn dialog(&self) -> Option<SystemTime> {
        let asks = self.permission.is_some_and(Signal::asks_for_subagent);
        self.says(RegistryStatus::Dialog).filter(|_| !asks && !self.runs_on())
    }

    /// Whether a delegated task may go on after the turn: as its Stop says, or what was written down in its place.
    fn runs_on(&self) -> bool {
        let [stop, working] = [self.stop, self.working].map(|signal| signal.map(|signal| &signal.members));
        // A Stop is no `stop` only while such a task runs; and where no event told of the turn, it may be that task's.
        let may = |working: &SignalMembers| {
            let is_healed = working.healed_by.is_some() && working.background_tasks.is_none();
            is_healed || working.hook_event_name.as_deref() == Some("Stop")
        };
        stop.is_some_and(SignalMembers::has_delegated_task)
            || working.is_some_and(|working| working.has_delegated_task() || may(working))
    }

    /// Since when such a dialog has held the turn: a call that was made in it has no result. Where a user interrupts a
    /// turn, each call gets one; so the dialog is the CLI's own.
    fn held(&self) -> Option<SystemTime> {
        let (since, working) = (self.dialog()?, self.working?);
        let unanswered = self.evidence.transcript.as_ref()?.unanswered_since?;
        (working.time < unanswered).then_some(since)
    }

    /// Since when the session has waited for its first prompt since it was started. Without hooks: where the registry has
    /// not moved since then.
    fn started(&self) -> Option<SystemTime> {
        let untouched = |entry: &&RegistryEntry| {
            let after = entry.started_at.and_then(|started| entry.status_changed_at.duration_since(started).ok());
            // A registry that does not say when it moved has the start in its place.
            entry.status == RegistryStatus::Idle
                && after.is_some_and(|after| !after.is_zero() && after <= STARTING_PERIOD)
        };
        if self.evidence.signals.is_empty() {
            return self.registry.filter(untouched).map(|entry| entry.status_changed_at);
        }
        let stop = self.stop.filter(|stop| stop.members.hook_event_name.as_deref() == Some("SessionStart"))?;
        self.permission.is_none().then_some(stop.since)
    }

    /// Every pending call has its result in the transcript.
    fn answered(&self) -> Option<SystemTime> {
        let permission = self.permission?;
        let tail = self.evidence.transcript.as_ref()?;
        let pending = permission.members.pending.as_ref().filter(|pending| !pending.is_empty())?;
        pending.iter().all(|call: &PendingCall| tail.has_result(call)).then_some(permission.time)
    }

    /// When the newest signal was; `None` where that is yet to come.
    fn newest(&self) -> Option<SystemTime> {
        self.evidence.signals.newest(self.now).map(|signal| signal.time).filter(|at| *at <= self.now)
    }
}

const fn state_rule(
    id: &'static str,
    when: fn(&RuleInput<'_>) -> Option<SystemTime>,
    state: SessionState,
    reason: &'static str,
) -> StateRule {
    StateRule { id, when, state, reason }
}

fn since(signal: Option<&Signal>) -> Option<SystemTime> {
    signal.map(|signal| signal.since)
}

/// The table.
#[rustfmt::skip]
#[expect(clippy::redundant_closure_for_method_calls, reason = "a method's own path has one lifetime too few")]
pub static STATE_RULES: [StateRule; 22] = [
    // The end.
    state_rule("ended", |f| f.ended(), SessionState::Ended, "the session ended"),
    state_rule("killed", |f| f.killed(), SessionState::Ended, "its process is gone"),
    state_rule("left", |f| f.left(), SessionState::Ended, "its process runs another session"),
    // The CLI's own account, once it has settled, sees what fires no hook.
    state_rule("asks", |f| f.says(RegistryStatus::Permission).map(|at| since(f.permission).unwrap_or(at)), SessionState::Permission, "a call needs approval"),
    state_rule("questions", |f| f.says(RegistryStatus::Question).map(|at| since(f.permission).unwrap_or(at)), SessionState::Permission, "a question needs an answer"),
    state_rule("held", |f| f.held(), SessionState::Permission, "a dialog of the CLI's own holds the turn"),
    state_rule("dialog", |f| f.dialog().map(|at| since(f.stop).unwrap_or(at)), SessionState::Waiting, "a dialog is open"),
    state_rule("approved", |f| f.permission.and(f.says(RegistryStatus::Busy)), SessionState::Working, "approved, and the tool runs"),
    state_rule("queued", |f| f.stop.and(f.says(RegistryStatus::Busy)), SessionState::Working, "it works on after its Stop"),
    state_rule("busy", |f| f.says(RegistryStatus::Busy).map(|at| since(f.working).unwrap_or(at)), SessionState::Working, "a turn runs"),
    state_rule("background", |f| f.says(RegistryStatus::Shell).map(|at| since(f.stop).unwrap_or(at)), SessionState::Waiting, "the turn is over, a shell runs on"),
    state_rule("denied", |f| f.permission.and(f.says(RegistryStatus::Idle)), SessionState::Waiting, "denied or dismissed"),
    state_rule("interrupted", |f| f.working.and(f.says(RegistryStatus::Idle)), SessionState::Waiting, "interrupted, or the prompt was blocked"),
    state_rule(STARTED_RULE, |f| f.started(), SessionState::Waiting, "started, and no prompt since"),
    state_rule("idle", |f| f.says(RegistryStatus::Idle).map(|at| since(f.stop).unwrap_or(at)), SessionState::Waiting, "the turn is over"),
    // The transcript, where there is no registry.
    state_rule("marked", |f| f.interrupted(), SessionState::Waiting, "interrupted, says the transcript"),
    state_rule("answered", |f| f.answered(), SessionState::Working, "answered, says the transcript"),
    // The signals.
    state_rule("permission", |f| since(f.permission), SessionState::Permission, "a call needs approval"),
    state_rule("stop", |f| since(f.stop), SessionState::Waiting, "the turn is over"),
    state_rule("working", |f| since(f.working), SessionState::Working, "a turn runs"),
    // No signals at all, and a registry that has not settled yet.
    state_rule("unsettled", |f| f.evidence.registry.as_ref().filter(|entry| entry.status == RegistryStatus::Busy).map(|entry| entry.status_changed_at), SessionState::Working, "a turn runs"),
    state_rule("unknown", |f| Some(f.now), SessionState::Waiting, "nothing says what it does"),
];

/// What the evidence says at `now`. Total and pure.
pub fn decide_state(evidence: &Evidence, now: SystemTime) -> DecidedState {
    let signals = &evidence.signals;
    let newest = signals.newest(now).map(|signal| signal.time);
    // As far ahead is as quiet: the clock stepped back. Less may have come since `now` was taken.
    let quiet = |since: SystemTime| now.duration_since(since).unwrap_or_else(|ahead| ahead.duration()) >= SETTLING_TIME;
    let settled = |entry: &&RegistryEntry| quiet(entry.status_changed_at) && newest.is_none_or(quiet);
    let facts = RuleInput {
        evidence,
        now,
        ended: signals.in_force(SignalKind::Ended, now),
        permission: signals.in_force(SignalKind::Permission, now),
        stop: signals.in_force(SignalKind::Stop, now),
        working: signals.in_force(SignalKind::Working, now),
        registry: evidence.registry.as_ref().filter(settled),
    };
    let found = STATE_RULES.iter().find_map(|rule| (rule.when)(&facts).map(|since| (rule, since)));
    let (rule, since) = found.unwrap_or((&STATE_RULES[STATE_RULES.len() - 1], now));
    DecidedState { state: rule.state, rule: rule.id, reason: rule.reason, since }
}
