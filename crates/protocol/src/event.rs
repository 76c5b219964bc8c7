//! THE table: hook event -> signal it publishes, signals it clears, questions it answers.
//!
//! Everything here is pure: [`decide`] takes what stands in the spool and the time, and says what is to be done.

use crate::error::number_of;
use crate::time::Time;

/// What a signal says of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
pub const KINDS: [Kind; 4] = [Kind::Working, Kind::Permission, Kind::Stop, Kind::Ended];

impl Kind {
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
    pub fn supersedes(self) -> &'static [Kind] {
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
pub enum Publishes {
    /// Nothing.
    Nothing,
    /// This signal.
    Signal(Kind),
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
pub enum Calls {
    /// None.
    Keep,
    /// Adds its own.
    Add,
    /// Resolves its own.
    Own,
    /// Resolves all of its agent's.
    Agents,
    /// Resolves all of its subagent's; none of the main agent's.
    Subagents,
    /// Resolves all of its agent's, and everybody's where the main agent stops and nothing that it handed on may ask.
    Stopped,
    /// Resolves everybody's.
    All,
}

/// One line of the table.
pub struct Rule {
    /// The event's name, as `hook_event_name` and `settings.json` spell it.
    pub event: &'static str,
    /// The executable that handles it.
    pub hook: Hook,
    /// What it publishes. What that supersedes is cleared: [`Kind::supersedes`].
    pub publishes: Publishes,
    /// What it does to the pending calls.
    pub calls: Calls,
}

const fn rule(event: &'static str, hook: Hook, publishes: Publishes, calls: Calls) -> Rule {
    Rule { event, hook, publishes, calls }
}

/// The table.
pub static RULES: [Rule; 15] = [
    rule("SessionStart", Hook::SessionStart, Publishes::Start, Calls::Keep),
    rule("UserPromptSubmit", Hook::UserPromptSubmit, Publishes::Signal(Kind::Working), Calls::Agents),
    rule("PermissionRequest", Hook::PermissionRequest, Publishes::Signal(Kind::Permission), Calls::Add),
    rule("Elicitation", Hook::PermissionRequest, Publishes::Signal(Kind::Permission), Calls::Add),
    rule("PostToolUse", Hook::PostToolUse, Publishes::Resumption, Calls::Own),
    rule("PostToolUseFailure", Hook::PostToolUse, Publishes::Resumption, Calls::Own),
    // A user can amend a call's input, which makes it another call: the end of the batch ends them all.
    rule("PostToolBatch", Hook::PostToolUse, Publishes::Resumption, Calls::Agents),
    rule("PermissionDenied", Hook::PostToolUse, Publishes::Resumption, Calls::Own),
    rule("ElicitationResult", Hook::PostToolUse, Publishes::Resumption, Calls::Own),
    rule("SubagentStop", Hook::SubagentStop, Publishes::Nothing, Calls::Subagents),
    rule("PreCompact", Hook::Compact, Publishes::Signal(Kind::Working), Calls::Keep),
    rule("PostCompact", Hook::Compact, Publishes::ManualCompaction, Calls::Keep),
    rule("Stop", Hook::Stop, Publishes::Turn, Calls::Stopped),
    // It does not say which subagents run.
    rule("StopFailure", Hook::Stop, Publishes::Turn, Calls::Agents),
    rule("SessionEnd", Hook::SessionEnd, Publishes::Signal(Kind::Ended), Calls::Keep),
];

/// What a task of `background_tasks` is to its session, by its type and its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// It works on after the turn, and what it asks outlives the turn: its end brings another turn and another Stop.
    Works,
    /// It may ask, and it may rest: a teammate that has nothing to do is said to be running, too. Only the registry knows
    /// better.
    MayRest,
    /// It asks nothing and makes no turn (a shell, a monitor), or it is over.
    IsNone,
}

impl Task {
    /// As the CLI names types and statuses.
    #[must_use]
    #[inline(never)]
    pub fn of(kind: &[u8], status: &[u8]) -> Self {
        let kinds = b"subagent\nworkflow\ncloud session\nteammate";
        match (number_of(b"running\npending", status), number_of(kinds, kind)) {
            (None, _) | (_, None) => Self::IsNone,
            (_, Some(3)) => Self::MayRest,
            _ => Self::Works,
        }
    }
}

/// What the decision needs of an event's payload.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// When the hook started.
    pub time: Time,
    /// It has an `agent_id`: a subagent's event.
    pub subagent: bool,
    /// `source` is `compact`.
    pub after_compaction: bool,
    /// `trigger` is `manual`.
    pub manual: bool,
    /// `background_tasks` holds a task that may ask.
    pub delegated: bool,
    /// `background_tasks` holds a task that works on.
    pub works_on: bool,
}

/// What stands in the spool for the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Read under the lock.
    pub now: Time,
    /// When each kind's file says its event was: its modification time. Indexed by `Kind as usize`.
    pub modified: [Option<Time>; 4],
    /// Whether this CLI process published it. Only [`Publishes::Start`] asks.
    pub ours: [bool; 4],
}

impl Standing {
    /// Whether a signal of this kind came after `time`. One from the future is old: the clock stepped back.
    #[must_use]
    pub fn newer(&self, kind: Kind, time: Time) -> bool {
        self.modified[kind as usize].is_some_and(|modified| time < modified && modified <= self.now)
    }

    /// When the next version of a kind's file is modified: at `time`, but after the version that stands, so that no
    /// two look alike. One from the future does not count.
    #[must_use]
    pub fn after(&self, kind: Kind, time: Time) -> Time {
        self.modified[kind as usize].filter(|seen| *seen <= self.now).map_or(time, |seen| seen.next().max(time))
    }

    /// The newer signal that makes this one false. One from the future is older than any other, because the clock stepped
    /// back; of two of one time, the one that readers prefer counts.
    #[must_use]
    pub fn superseded_by(&self, older: Kind) -> Option<Kind> {
        let age = |kind: Kind| self.modified[kind as usize].map(|time| (time <= self.now, time, kind as usize));
        let own = age(older)?;
        KINDS.into_iter().find(|kind| kind.supersedes().contains(&older) && age(*kind).is_some_and(|age| own < age))
    }

    /// Whether the event was overtaken by a later one of its session.
    #[must_use]
    pub fn late(&self, facts: &Facts) -> bool {
        let overtaken = |kind| self.newer(kind, facts.time);
        overtaken(Kind::Ended) || !facts.subagent && (overtaken(Kind::Working) || overtaken(Kind::Stop))
    }
}

/// What is to be done, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The signal to publish. A `permission` is a call added to those that wait.
    pub publish: Option<Kind>,
    /// Since when that is true. It is the event's time, but for a turn that goes on after a blocked Stop: that turn runs since the
    /// Stop. With the event's time, a request that was made before this event and is handled after it would count as late.
    pub since: Time,
    /// Which calls are resolved; [`Calls::Add`], [`Calls::Stopped`] and [`Calls::Subagents`] are resolved into the others.
    pub calls: Calls,
    /// The signals to delete, indexed by `Kind as usize`.
    pub clear: [bool; 4],
}

/// What `rule` makes of an event before the background of what stands.
#[must_use]
#[inline(never)]
pub fn decide(rule: &Rule, facts: &Facts, standing: &Standing) -> Decision {
    let late = standing.late(facts);
    let stands = |kind: Kind| standing.modified[kind as usize].is_some();
    let ours = |kind: Kind| stands(kind) && standing.ours[kind as usize];
    let wanted = match rule.publishes {
        Publishes::Nothing => None,
        Publishes::Signal(kind) => Some(kind),
        Publishes::Start if facts.after_compaction || ours(Kind::Working) || ours(Kind::Permission) => None,
        Publishes::Turn if facts.works_on => Some(Kind::Working),
        Publishes::Start | Publishes::Turn => Some(Kind::Stop),
        Publishes::Resumption => stands(Kind::Stop).then_some(Kind::Working),
        Publishes::ManualCompaction => facts.manual.then_some(Kind::Stop),
    };
    // A subagent's event says nothing of the session but that its own calls wait or are over.
    let publish = wanted.filter(|kind| !late && (!facts.subagent || *kind == Kind::Permission));
    let mut clear = [false; 4];
    for kind in publish.map_or(&[][..], Kind::supersedes) {
        clear[*kind as usize] = true;
    }
    if rule.publishes == Publishes::Start && !late && !facts.subagent {
        // The session is back; what an earlier process of it left (it was killed) is no longer true.
        for kind in KINDS {
            let of_the_dead = stands(kind) && !ours(kind) && !facts.after_compaction;
            clear[kind as usize] |= publish != Some(kind) && (kind == Kind::Ended || of_the_dead);
        }
    }
    let calls = match rule.calls {
        Calls::Add if late => Calls::Keep,
        Calls::Subagents if !facts.subagent => Calls::Keep,
        Calls::Stopped if !facts.subagent && !facts.delegated => Calls::All,
        Calls::Subagents | Calls::Stopped => Calls::Agents,
        calls => calls,
    };
    let stop = standing.modified[Kind::Stop as usize].filter(|_| rule.publishes == Publishes::Resumption);
    Decision { publish, since: stop.map_or(facts.time, Time::next).min(facts.time), calls, clear }
}
