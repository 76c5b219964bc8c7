//! The table of events: what each event publishes, and which pending calls it resolves.

use crate::byte_list::line_number;
use crate::hook::Hook;
use crate::signal_kind::SignalKind;

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
