//! What a session does, by an ordered table of rules: the first whose condition holds decides; the last always does.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use session_signals_protocol::event::Kind;

use crate::evidence::spool::Members;
use crate::evidence::{Call, Entry, Evidence, Life, Signal, Status};

/// What a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A turn runs.
    Working,
    /// A call waits for the user's word.
    Permission,
    /// The session waits for its user.
    Waiting,
    /// The session is over.
    Ended,
}

impl State {
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
pub struct Verdict {
    /// What the session does.
    pub state: State,
    /// The rule that says so.
    pub rule: &'static str,
    /// Why, in words.
    pub reason: &'static str,
    /// Since when.
    pub since: SystemTime,
}

/// How long the sources must have been quiet before the registry counts: it lags the hooks by up to 250 ms.
pub const SETTLED: Duration = Duration::from_secs(1);

/// How long after its process the registry may first say that a session waits: it has had no prompt then.
const STARTING: Duration = Duration::from_secs(2);

/// The rule of a session that has had no prompt since it was started or resumed: it waits for its user, who need not know.
pub const STARTED: &str = "started";

/// One rule.
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// Since when it has applied; `None` where it does not.
    when: fn(&Facts<'_>) -> Option<SystemTime>,
    /// What it says.
    state: State,
    /// Why, in words.
    pub reason: &'static str,
}

/// The evidence, as the rules ask for it.
struct Facts<'a> {
    evidence: &'a Evidence,
    now: SystemTime,
    /// The signals in force, by kind.
    ended: Option<&'a Signal>,
    permission: Option<&'a Signal>,
    stop: Option<&'a Signal>,
    working: Option<&'a Signal>,
    /// The registry's entry, once it counts.
    registry: Option<&'a Entry>,
}

impl Facts<'_> {
    /// Since when the registry has said so.
    fn says(&self, status: Status) -> Option<SystemTime> {
        self.registry.filter(|entry| entry.status == status).map(|entry| entry.updated)
    }

    /// Since when the session has been over, unless the CLI was started, or did something in it, after that
    /// (its `SessionStart` hook failed), or another process than the one that ended runs it on.
    fn ended(&self) -> Option<SystemTime> {
        let account = self.evidence.registry.as_ref();
        let active = account.and_then(|entry| entry.started).max(self.registry.map(|entry| entry.updated));
        let goes_on = |ended: &&Signal| {
            let names_one = ended.members.claude_pid.is_some();
            account.is_some_and(|entry| names_one && !entry.is_named_by(ended))
        };
        self.ended
            .filter(|ended| active.is_none_or(|active| active <= ended.at && ended.at <= self.now))
            .filter(|ended| !goes_on(ended))
            .map(|ended| ended.since)
    }

    /// When the process of the newest signal ended, at the earliest.
    fn killed(&self) -> Option<SystemTime> {
        let newest = self.evidence.signals.newest(self.now).filter(|_| self.evidence.life == Life::Dead);
        newest.map(|signal| signal.at)
    }

    fn left(&self) -> Option<SystemTime> {
        self.evidence.left.filter(|left| self.newest().is_none_or(|newest| newest < *left))
    }

    /// When the user interrupted what the signals say.
    fn interrupted(&self) -> Option<SystemTime> {
        self.permission.or(self.working)?;
        let interrupted = self.evidence.transcript.as_ref()?.interrupted;
        interrupted.filter(|interrupted| self.newest().is_none_or(|newest| *interrupted > newest))
    }

    /// Since when a dialog has been open while nothing else runs. What goes on after Stop is heard of by its own signals.
    fn dialog(&self) -> Option<SystemTime> {
        let asks = self.permission.is_some_and(Signal::asks_for_subagent);
        self.says(Status::Dialog).filter(|_| !asks && !self.runs_on())
    }

    /// Whether a delegated task may go on after the turn: as its Stop says, or what was written down in its place.
    fn runs_on(&self) -> bool {
        let [stop, working] = [self.stop, self.working].map(|signal| signal.map(|signal| &signal.members));
        // A Stop is no `stop` only while such a task runs; and where no event told of the turn, it may be that task's.
        let may = |working: &Members| {
            let is_healed = working.healed_by.is_some() && working.background_tasks.is_none();
            is_healed || working.hook_event_name.as_deref() == Some("Stop")
        };
        stop.is_some_and(Members::delegates) || working.is_some_and(|working| working.delegates() || may(working))
    }

    /// Since when such a dialog has held the turn: a call that was made in it has no result. Where a user interrupts a
    /// turn, each call gets one; so the dialog is the CLI's own.
    fn held(&self) -> Option<SystemTime> {
        let (since, working) = (self.dialog()?, self.working?);
        let unanswered = self.evidence.transcript.as_ref()?.unanswered?;
        (working.at < unanswered).then_some(since)
    }

    /// Since when the session has waited for its first prompt since it was started. Without hooks: where the registry has
    /// not moved since then.
    fn started(&self) -> Option<SystemTime> {
        let untouched = |entry: &&Entry| {
            let after = entry.started.and_then(|started| entry.updated.duration_since(started).ok());
            // A registry that does not say when it moved has the start in its place.
            entry.status == Status::Idle && after.is_some_and(|after| !after.is_zero() && after <= STARTING)
        };
        if self.evidence.signals.is_empty() {
            return self.registry.filter(untouched).map(|entry| entry.updated);
        }
        let stop = self.stop.filter(|stop| stop.members.hook_event_name.as_deref() == Some("SessionStart"))?;
        self.permission.is_none().then_some(stop.since)
    }

    /// Every pending call has its result in the transcript.
    fn answered(&self) -> Option<SystemTime> {
        let permission = self.permission?;
        let tail = self.evidence.transcript.as_ref()?;
        let pending = permission.members.pending.as_ref().filter(|pending| !pending.is_empty())?;
        pending.iter().all(|call: &Call| tail.has_result(call)).then_some(permission.at)
    }

    /// When the newest signal was; `None` where that is yet to come.
    fn newest(&self) -> Option<SystemTime> {
        self.evidence.signals.newest(self.now).map(|signal| signal.at).filter(|at| *at <= self.now)
    }
}

const fn rule(
    id: &'static str,
    when: fn(&Facts<'_>) -> Option<SystemTime>,
    state: State,
    reason: &'static str,
) -> Rule {
    Rule { id, when, state, reason }
}

fn since(signal: Option<&Signal>) -> Option<SystemTime> {
    signal.map(|signal| signal.since)
}

/// The table.
#[rustfmt::skip]
#[expect(clippy::redundant_closure_for_method_calls, reason = "a method's own path has one lifetime too few")]
pub static RULES: [Rule; 22] = [
    // The end.
    rule("ended", |f| f.ended(), State::Ended, "the session ended"),
    rule("killed", |f| f.killed(), State::Ended, "its process is gone"),
    rule("left", |f| f.left(), State::Ended, "its process runs another session"),
    // The CLI's own account, once it has settled, sees what fires no hook.
    rule("asks", |f| f.says(Status::Permission).map(|at| since(f.permission).unwrap_or(at)), State::Permission, "a call needs approval"),
    rule("questions", |f| f.says(Status::Question).map(|at| since(f.permission).unwrap_or(at)), State::Permission, "a question needs an answer"),
    rule("held", |f| f.held(), State::Permission, "a dialog of the CLI's own holds the turn"),
    rule("dialog", |f| f.dialog().map(|at| since(f.stop).unwrap_or(at)), State::Waiting, "a dialog is open"),
    rule("approved", |f| f.permission.and(f.says(Status::Busy)), State::Working, "approved, and the tool runs"),
    rule("queued", |f| f.stop.and(f.says(Status::Busy)), State::Working, "it works on after its Stop"),
    rule("busy", |f| f.says(Status::Busy).map(|at| since(f.working).unwrap_or(at)), State::Working, "a turn runs"),
    rule("background", |f| f.says(Status::Shell).map(|at| since(f.stop).unwrap_or(at)), State::Waiting, "the turn is over, a shell runs on"),
    rule("denied", |f| f.permission.and(f.says(Status::Idle)), State::Waiting, "denied or dismissed"),
    rule("interrupted", |f| f.working.and(f.says(Status::Idle)), State::Waiting, "interrupted, or the prompt was blocked"),
    rule(STARTED, |f| f.started(), State::Waiting, "started, and no prompt since"),
    rule("idle", |f| f.says(Status::Idle).map(|at| since(f.stop).unwrap_or(at)), State::Waiting, "the turn is over"),
    // The transcript, where there is no registry.
    rule("marked", |f| f.interrupted(), State::Waiting, "interrupted, says the transcript"),
    rule("answered", |f| f.answered(), State::Working, "answered, says the transcript"),
    // The signals.
    rule("permission", |f| since(f.permission), State::Permission, "a call needs approval"),
    rule("stop", |f| since(f.stop), State::Waiting, "the turn is over"),
    rule("working", |f| since(f.working), State::Working, "a turn runs"),
    // No signals at all, and a registry that has not settled yet.
    rule("unsettled", |f| f.evidence.registry.as_ref().filter(|entry| entry.status == Status::Busy).map(|entry| entry.updated), State::Working, "a turn runs"),
    rule("unknown", |f| Some(f.now), State::Waiting, "nothing says what it does"),
];

/// What the evidence says at `now`. Total and pure.
pub fn judge(evidence: &Evidence, now: SystemTime) -> Verdict {
    let signals = &evidence.signals;
    let newest = signals.newest(now).map(|signal| signal.at);
    // As far ahead is as quiet: the clock stepped back. Less may have come since `now` was taken.
    let quiet = |since: SystemTime| now.duration_since(since).unwrap_or_else(|ahead| ahead.duration()) >= SETTLED;
    let settled = |entry: &&Entry| quiet(entry.updated) && newest.is_none_or(quiet);
    let facts = Facts {
        evidence,
        now,
        ended: signals.in_force(Kind::Ended, now),
        permission: signals.in_force(Kind::Permission, now),
        stop: signals.in_force(Kind::Stop, now),
        working: signals.in_force(Kind::Working, now),
        registry: evidence.registry.as_ref().filter(settled),
    };
    let found = RULES.iter().find_map(|rule| (rule.when)(&facts).map(|since| (rule, since)));
    let (rule, since) = found.unwrap_or((&RULES[RULES.len() - 1], now));
    Verdict { state: rule.state, rule: rule.id, reason: rule.reason, since }
}
