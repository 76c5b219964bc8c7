//! THE table: hook event -> signal it publishes, signals it clears, questions it answers.
//!
//! Everything here is pure: [`decide`] takes what stands in the spool and the time, and says what is to be done.

use crate::error::line_number;
use crate::time::Time;

/// What a signal says of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// A turn runs.
    Working,
    /// Calls wait for the user's word.
    Permission,
    /// The session waits for its user.
    Stop,
    /// The session is over.
    Ended,
}

/// All kinds, in the order of their discriminants.
pub const SIGNAL_KINDS: [SignalKind; 4] =
    [SignalKind::Working, SignalKind::Permission, SignalKind::Stop, SignalKind::Ended];

impl SignalKind {
    /// The word in the file's name: `<session_id>.<word>.json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        static WORDS: [&str; 4] = ["working", "permission", "stop", "ended"];
        WORDS[self as usize]
    }

    /// The member that says since when.
    #[must_use]
    pub fn stamp_member(self) -> &'static str {
        static MEMBERS: [&str; 4] = ["working_since", "pending_since", "stopped_at", "ended_at"];
        MEMBERS[self as usize]
    }

    /// The signals that are no longer true once this one is.
    #[must_use]
    pub fn supersedes(self) -> &'static [SignalKind] {
        match self {
            Self::Working => &[Self::Stop, Self::Ended],
            Self::Permission => &[Self::Ended],
            Self::Stop => &[Self::Working, Self::Ended],
            Self::Ended => &[Self::Working, Self::Permission, Self::Stop],
        }
    }
}

/// The executables, each named after the script or the event it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is its name")]
pub enum Hook {
    SessionStart,
    UserPromptSubmit,
    PermissionRequest,
    PostToolUse,
    SubagentStop,
    Compact,
    Stop,
    SessionEnd,
}

/// All executables.
pub const HOOKS: [Hook; 8] = [
    Hook::SessionStart,
    Hook::UserPromptSubmit,
    Hook::PermissionRequest,
    Hook::PostToolUse,
    Hook::SubagentStop,
    Hook::Compact,
    Hook::Stop,
    Hook::SessionEnd,
];

impl Hook {
    /// The executable's file name.
    #[must_use]
    pub fn executable(self) -> &'static str {
        match self {
            Self::SessionStart => "hook-session-start",
            Self::UserPromptSubmit => "hook-user-prompt-submit",
            Self::PermissionRequest => "hook-permission-request",
            Self::PostToolUse => "hook-post-tool-use",
            Self::SubagentStop => "hook-subagent-stop",
            Self::Compact => "hook-compact",
            Self::Stop => "hook-stop",
            Self::SessionEnd => "hook-session-end",
        }
    }
}

/// What an event publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Nothing.
    Nothing,
    /// This signal.
    Signal(SignalKind),
    /// `stop`; nothing after a compaction, or where this CLI process already has a working or permission
    /// (it may defer `SessionStart` past the first prompt).
    Start,
    /// `stop`; `working` while a task [works](Task::Works) on.
    Turn,
    /// `working` where a `stop` stands: another hook blocked the Stop, and the turn went on.
    Resumption,
    /// `stop` where the user asked for the compaction, else nothing.
    ManualCompaction,
}

/// Which pending calls an event resolves, or that it adds one. Never a call that is newer than the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// None.
    Keep,
    /// Adds its own.
    Add,
    /// Resolves its own.
    ResolveOwn,
    /// Resolves all of its agent's.
    ResolveAgents,
    /// Resolves all of its subagent's; none of the main agent's.
    ResolveSubagents,
    /// Resolves all of its agent's, and everybody's where the main agent stops and nothing that it handed on may ask.
    ResolveAtStop,
    /// Resolves everybody's.
    ResolveAll,
}

/// One line of the table.
pub struct EventRule {
    /// The event's name, as `hook_event_name` and `settings.json` spell it.
    pub event: &'static str,
    /// The executable that handles it.
    pub hook: Hook,
    /// What it publishes. What that supersedes is cleared: [`Kind::supersedes`].
    pub publication: Publication,
    /// What it does to the pending calls.
    pub call_effect: CallEffect,
}

const fn event_rule(event: &'static str, hook: Hook, publishes: Publication, calls: CallEffect) -> EventRule {
    EventRule { event, hook, publication: publishes, call_effect: calls }
}

/// The table.
pub static EVENT_RULES: [EventRule; 15] = [
    event_rule("SessionStart", Hook::SessionStart, Publication::Start, CallEffect::Keep),
    event_rule(
        "UserPromptSubmit",
        Hook::UserPromptSubmit,
        Publication::Signal(SignalKind::Working),
        CallEffect::ResolveAgents,
    ),
    event_rule(
        "PermissionRequest",
        Hook::PermissionRequest,
        Publication::Signal(SignalKind::Permission),
        CallEffect::Add,
    ),
    event_rule("Elicitation", Hook::PermissionRequest, Publication::Signal(SignalKind::Permission), CallEffect::Add),
    event_rule("PostToolUse", Hook::PostToolUse, Publication::Resumption, CallEffect::ResolveOwn),
    event_rule("PostToolUseFailure", Hook::PostToolUse, Publication::Resumption, CallEffect::ResolveOwn),
    // A user can amend a call's input, which makes it another call: the end of the batch ends them all.
    event_rule("PostToolBatch", Hook::PostToolUse, Publication::Resumption, CallEffect::ResolveAgents),
    event_rule("PermissionDenied", Hook::PostToolUse, Publication::Resumption, CallEffect::ResolveOwn),
    event_rule("ElicitationResult", Hook::PostToolUse, Publication::Resumption, CallEffect::ResolveOwn),
    event_rule("SubagentStop", Hook::SubagentStop, Publication::Nothing, CallEffect::ResolveSubagents),
    event_rule("PreCompact", Hook::Compact, Publication::Signal(SignalKind::Working), CallEffect::Keep),
    event_rule("PostCompact", Hook::Compact, Publication::ManualCompaction, CallEffect::Keep),
    event_rule("Stop", Hook::Stop, Publication::Turn, CallEffect::ResolveAtStop),
    // It does not say which subagents run.
    event_rule("StopFailure", Hook::Stop, Publication::Turn, CallEffect::ResolveAgents),
    event_rule("SessionEnd", Hook::SessionEnd, Publication::Signal(SignalKind::Ended), CallEffect::Keep),
];

/// What a task of `background_tasks` is to its session, by its type and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// It works on after the turn, and what it asks outlives the turn: its end brings another turn and another Stop.
    WorksOn,
    /// It may ask, and it may rest: a teammate that has nothing to do is said to be running, too. Only the registry knows
    /// better.
    MayRest,
    /// It asks nothing and makes no turn (a shell, a monitor), or it is over.
    Irrelevant,
}

impl TaskKind {
    /// As the CLI names types and statuses.
    #[must_use]
    #[inline(never)]
    pub fn classify(kind: &[u8], status: &[u8]) -> Self {
        let kinds = b"subagent\nworkflow\ncloud session\nteammate";
        match (line_number(b"running\npending", status), line_number(kinds, kind)) {
            (None, _) | (_, None) => Self::Irrelevant,
            (_, Some(3)) => Self::MayRest,
            _ => Self::WorksOn,
        }
    }
}

/// What the decision needs of an event's payload.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct EventFacts {
    /// When the hook started.
    pub time: Time,
    /// It has an `agent_id`: a subagent's event.
    pub is_subagent: bool,
    /// `source` is `compact`.
    pub is_after_compaction: bool,
    /// `trigger` is `manual`.
    pub is_manual: bool,
    /// `background_tasks` holds a task that may ask.
    pub has_delegated_task: bool,
    /// `background_tasks` holds a task that works on.
    pub has_working_task: bool,
}

/// What stands in the spool for the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoredSignals {
    /// Read under the lock.
    pub now: Time,
    /// When each kind's file says its event was: its modification time. Indexed by `Kind as usize`.
    pub modified: [Option<Time>; 4],
    /// Whether this CLI process published it. Only [`Publishes::Start`] asks.
    pub is_from_this_process: [bool; 4],
}

impl StoredSignals {
    /// Whether a signal of this kind came after `time`. One from the future is old: the clock stepped back.
    #[must_use]
    pub fn has_newer(&self, kind: SignalKind, time: Time) -> bool {
        self.modified[kind as usize].is_some_and(|modified| time < modified && modified <= self.now)
    }

    /// When the next version of a kind's file is modified: at `time`, but after the version that stands, so that no
    /// two look alike. One from the future does not count.
    #[must_use]
    pub fn next_version_time(&self, kind: SignalKind, time: Time) -> Time {
        self.modified[kind as usize]
            .filter(|seen| *seen <= self.now)
            .map_or(time, |seen| seen.next_nanosecond().max(time))
    }

    /// The newer signal that makes this one false. One from the future is older than any other, because the clock stepped
    /// back; of two of one time, the one that readers prefer counts.
    #[must_use]
    pub fn superseded_by(&self, older: SignalKind) -> Option<SignalKind> {
        let age = |kind: SignalKind| self.modified[kind as usize].map(|time| (time <= self.now, time, kind as usize));
        let own = age(older)?;
        SIGNAL_KINDS
            .into_iter()
            .find(|kind| kind.supersedes().contains(&older) && age(*kind).is_some_and(|age| own < age))
    }

    /// Whether the event was overtaken by a later one of its session.
    #[must_use]
    pub fn is_late(&self, facts: &EventFacts) -> bool {
        let overtaken = |kind| self.has_newer(kind, facts.time);
        overtaken(SignalKind::Ended)
            || !facts.is_subagent && (overtaken(SignalKind::Working) || overtaken(SignalKind::Stop))
    }
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The signal to publish. A `permission` is a call added to those that wait.
    pub publish: Option<SignalKind>,
    /// Since when that is true. It is the event's time, but for a turn that goes on after a blocked Stop: that turn runs since the
    /// Stop. With the event's time, a request that was made before this event and is handled after it would count as late.
    pub since: Time,
    /// Which calls are resolved; [`Calls::Add`], [`Calls::Stopped`] and [`Calls::Subagents`] are resolved into the others.
    pub calls: CallEffect,
    /// The signals to delete, indexed by `Kind as usize`.
    pub clear: [bool; 4],
}

/// What `rule` makes of an event before the background of what stands.
#[must_use]
#[inline(never)]
pub fn decide(rule: &EventRule, facts: &EventFacts, standing: &StoredSignals) -> Decision {
    let late = standing.is_late(facts);
    let stands = |kind: SignalKind| standing.modified[kind as usize].is_some();
    let ours = |kind: SignalKind| stands(kind) && standing.is_from_this_process[kind as usize];
    let wanted = match rule.publication {
        Publication::Nothing => None,
        Publication::Signal(kind) => Some(kind),
        Publication::Start
            if facts.is_after_compaction || ours(SignalKind::Working) || ours(SignalKind::Permission) =>
        {
            None
        }
        Publication::Turn if facts.has_working_task => Some(SignalKind::Working),
        Publication::Start | Publication::Turn => Some(SignalKind::Stop),
        Publication::Resumption => stands(SignalKind::Stop).then_some(SignalKind::Working),
        Publication::ManualCompaction => facts.is_manual.then_some(SignalKind::Stop),
    };
    // A subagent's event says nothing of the session but that its own calls wait or are over.
    let publish = wanted.filter(|kind| !late && (!facts.is_subagent || *kind == SignalKind::Permission));
    let mut clear = [false; 4];
    for kind in publish.map_or(&[][..], SignalKind::supersedes) {
        clear[*kind as usize] = true;
    }
    if rule.publication == Publication::Start && !late && !facts.is_subagent {
        // The session is back; what an earlier process of it left (it was killed) is no longer true.
        for kind in SIGNAL_KINDS {
            let of_the_dead = stands(kind) && !ours(kind) && !facts.is_after_compaction;
            clear[kind as usize] |= publish != Some(kind) && (kind == SignalKind::Ended || of_the_dead);
        }
    }
    let calls = match rule.call_effect {
        CallEffect::Add if late => CallEffect::Keep,
        CallEffect::ResolveSubagents if !facts.is_subagent => CallEffect::Keep,
        CallEffect::ResolveAtStop if !facts.is_subagent && !facts.has_delegated_task => CallEffect::ResolveAll,
        CallEffect::ResolveSubagents | CallEffect::ResolveAtStop => CallEffect::ResolveAgents,
        calls => calls,
    };
    let stop = standing.modified[SignalKind::Stop as usize].filter(|_| rule.publication == Publication::Resumption);
    Decision { publish, since: stop.map_or(facts.time, Time::next_nanosecond).min(facts.time), calls, clear }
}
