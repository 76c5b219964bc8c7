//! The table of events: what each event publishes, and which pending calls it resolves. It has two parts, for the events of
//! `settings.json` and for those of the module. So no hook carries the rows of the other part.

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
    /// `stop`, because a session that starts waits for its first prompt.
    ///
    /// Nothing after a compaction, and nothing if this CLI process has already published a `working` or `permission` that is
    /// still stored: the CLI may run the hooks of `SessionStart` later than those of the first prompt.
    SessionStart,
    /// `stop`; or `working` if a background task [works on](TaskKind::WorksOn).
    TurnEnd,
    /// `working` if a `stop` is stored: another hook blocked the Stop, and the turn went on.
    TurnGoesOn,
    /// `stop` if the user asked for the compaction; else nothing.
    ManualCompaction,
}

/// What an event does to the pending calls. No event resolves a call that is newer than the event, except its own call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// Nothing.
    Keep,
    /// Adds the event's own call.
    Add,
    /// Resolves the event's own call.
    ResolveOwn,
    /// Resolves all calls of the event's agent.
    ResolveAgent,
    /// Resolves all calls of the event's agent if the agent is a subagent; else nothing.
    ResolveSubagent,
    /// Resolves all calls of the event's agent; the calls of every agent if the event is the main agent's and no background
    /// task may ask.
    ResolveAtStop,
    /// Resolves the calls of every agent.
    ResolveAll,
}

/// One line of the table of events.
pub struct EventRule {
    /// The event's name, as `hook_event_name` and `settings.json` spell it.
    pub event: &'static str,
    /// The executable that handles the event.
    pub hook: Hook,
    /// What the event publishes. The event also deletes the signals that this [supersedes](SignalKind::supersedes).
    pub publication: Publication,
    /// What the event does to the pending calls.
    pub call_effect: CallEffect,
}

const fn rule(event: &'static str, hook: Hook, publication: Publication, call_effect: CallEffect) -> EventRule {
    EventRule { event, hook, publication, call_effect }
}

/// The first part of the table: the events of `settings.json`.
#[rustfmt::skip]
pub static EVENT_RULES: [EventRule; 15] = {
    use CallEffect::{Add, Keep, ResolveAgent, ResolveAtStop, ResolveOwn, ResolveSubagent};
    use Publication::{ManualCompaction, Nothing, SessionStart, Signal, TurnEnd, TurnGoesOn};
    use SignalKind::{Ended, Permission, Working};
    [
        rule("SessionStart",       Hook::SessionStart,      SessionStart,       Keep),
        rule("UserPromptSubmit",   Hook::UserPromptSubmit,  Signal(Working),    ResolveAgent),
        rule("PermissionRequest",  Hook::PermissionRequest, Signal(Permission), Add),
        rule("Elicitation",        Hook::PermissionRequest, Signal(Permission), Add),
        rule("PostToolUse",        Hook::PostToolUse,       TurnGoesOn,         ResolveOwn),
        rule("PostToolUseFailure", Hook::PostToolUse,       TurnGoesOn,         ResolveOwn),
        // The user can change the input of a call, and the result then names another call. So the end of a batch resolves
        // every call of its agent.
        rule("PostToolBatch",      Hook::PostToolUse,       TurnGoesOn,         ResolveAgent),
        rule("PermissionDenied",   Hook::PostToolUse,       TurnGoesOn,         ResolveOwn),
        rule("ElicitationResult",  Hook::PostToolUse,       TurnGoesOn,         ResolveOwn),
        rule("SubagentStop",       Hook::SubagentStop,      Nothing,            ResolveSubagent),
        rule("PreCompact",         Hook::Compact,           Signal(Working),    Keep),
        rule("PostCompact",        Hook::Compact,           ManualCompaction,   Keep),
        rule("Stop",               Hook::Stop,              TurnEnd,            ResolveAtStop),
        // Its payload does not list the background tasks.
        rule("StopFailure",        Hook::Stop,              TurnEnd,            ResolveAgent),
        rule("SessionEnd",         Hook::SessionEnd,        Signal(Ended),      Keep),
    ]
};

/// The second part of the table: what the module of the plugin tells. Claude Code has no such hooks.
///
/// Such an event publishes its signal only if a stored signal is false because of it; see [`crate::decide_module_event`]. So it
/// never replaces what a hook of `settings.json` has told in more detail.
#[rustfmt::skip]
pub static MODULE_EVENT_RULES: [EventRule; 8] = {
    use CallEffect::{Keep, ResolveAgent, ResolveOwn};
    use Publication::{Nothing, Signal, TurnEnd};
    use SignalKind::Working;
    [
        // A turn begins. It may be that of a prompt which was typed during an earlier turn.
        rule("TurnStart",     Hook::Mod, Signal(Working), ResolveAgent),
        // Another hook blocked the Stop, and the turn goes on.
        rule("StopBlocked",   Hook::Mod, Signal(Working), Keep),
        // The user has started a `!command`, or another command of Claude Code that takes time.
        rule("CommandStart",  Hook::Mod, Signal(Working), Keep),
        rule("CommandEnd",    Hook::Mod, TurnEnd,         Keep),
        // A turn is over, and no Stop has told it: after Esc or a denial.
        rule("TurnEnd",       Hook::Mod, TurnEnd,         ResolveAgent),
        // A subagent has ended while no turn runs, and its end brought no turn.
        rule("AgentEnd",      Hook::Mod, TurnEnd,         Keep),
        // A prompt was blocked, so it began no turn.
        rule("PromptDropped", Hook::Mod, TurnEnd,         Keep),
        // The user has approved or denied a call.
        rule("CallAnswered",  Hook::Mod, Nothing,         ResolveOwn),
    ]
};

/// What a task of `background_tasks` means for its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    /// The task works on after the turn, and its questions outlive the turn. Its end brings another turn and another Stop.
    WorksOn,
    /// The task may ask, and it may be idle: the CLI reports a teammate as running also when it has nothing to do. Only the
    /// CLI's registry knows which.
    MayRest,
    /// The task asks nothing and starts no turn (a shell or a monitor), or it has ended.
    Irrelevant,
}

impl TaskKind {
    /// Classifies a task by the type and the status that the CLI gives it.
    #[must_use]
    #[inline(never)]
    pub fn classify(task_type: &[u8], status: &[u8]) -> Self {
        let task_types = b"subagent\nworkflow\ncloud session\nteammate";
        match (line_number(b"running\npending", status), line_number(task_types, task_type)) {
            (None, _) | (_, None) => Self::Irrelevant,
            (_, Some(3)) => Self::MayRest,
            _ => Self::WorksOn,
        }
    }
}
