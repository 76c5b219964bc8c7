//! What must be true of a session, as far as can be known. Written from the protocol, not from the hooks' table.

use std::collections::BTreeSet;

/// What the session itself does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    Working,
    Waiting,
    Ended,
}

/// A call that waits for the user's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Asked {
    pub number: u64,
    pub by_subagent: bool,
}

/// An event of a session.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    Start { source: &'static str },
    Prompt,
    Ask(Asked),
    Done(Asked),
    SubagentStop,
    PreCompact,
    PostCompact,
    Stop { subagents_run: bool },
    StopFailure,
    End,
}

impl Event {
    /// The executable, the event's name, and the payload's other members.
    fn parts(self) -> (&'static str, &'static str, String) {
        let call = |asked: Asked| {
            let agent = if asked.by_subagent { r#""agent_id":"a3a8b1c9","# } else { "" };
            format!(r#"{agent}"tool_name":"Bash","tool_input":{{"command":"make check-{}"}}"#, asked.number)
        };
        match self {
            Self::Start { source } => ("hook-session-start", "SessionStart", format!(r#""source":"{source}""#)),
            Self::Prompt => ("hook-user-prompt-submit", "UserPromptSubmit", r#""prompt":"go on, please""#.to_owned()),
            Self::Ask(asked) => ("hook-permission-request", "PermissionRequest", call(asked)),
            Self::Done(asked) => ("hook-post-tool-use", "PostToolUse", call(asked)),
            Self::SubagentStop => ("hook-subagent-stop", "SubagentStop", r#""agent_id":"a3a8b1c9""#.to_owned()),
            Self::PreCompact => ("hook-compact", "PreCompact", r#""trigger":"manual""#.to_owned()),
            Self::PostCompact => ("hook-compact", "PostCompact", r#""trigger":"manual""#.to_owned()),
            Self::Stop { subagents_run } => {
                let task = r#"{"id":"a3a8b1c9","type":"subagent","status":"running","description":"a look around"}"#;
                let tasks = if subagents_run { task } else { "" };
                ("hook-stop", "Stop", format!(r#""last_assistant_message":"It is done.","background_tasks":[{tasks}]"#))
            }
            Self::StopFailure => ("hook-stop", "StopFailure", r#""error":"rate_limit""#.to_owned()),
            Self::End => ("hook-session-end", "SessionEnd", r#""reason":"other""#.to_owned()),
        }
    }

    /// The executable's name.
    pub fn hook(self) -> &'static str {
        self.parts().0
    }

    /// What the hook reads.
    pub fn payload(self, session: &str) -> String {
        let (_, name, members) = self.parts();
        format!(
            r#"{{"session_id":"{session}","transcript_path":"/nonexistent/{session}.jsonl","cwd":"/nonexistent/work","hook_event_name":"{name}",{members}}}"#
        )
    }
}

/// What a session does, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    pub turn: Turn,
    pub asked: BTreeSet<Asked>,
}

impl State {
    /// Of a session that has ended, or not begun.
    pub fn ended() -> Self {
        Self { turn: Turn::Ended, asked: BTreeSet::new() }
    }

    /// In the readers' words: ended before permission, permission before what the turn does.
    pub fn word(&self) -> &'static str {
        match (self.turn, self.asked.is_empty()) {
            (Turn::Ended, _) => "ended",
            (_, false) => "permission",
            (Turn::Waiting, true) => "waiting",
            (Turn::Working, true) => "working",
        }
    }

    /// After this event.
    pub fn after(&self, event: Event) -> Self {
        let subagents = || self.asked.iter().copied().filter(|asked| asked.by_subagent).collect();
        let mut asked = self.asked.clone();
        let (turn, asked) = match event {
            Event::Start { .. } | Event::Stop { subagents_run: false } => (Turn::Waiting, BTreeSet::new()),
            Event::Prompt | Event::Stop { subagents_run: true } => (Turn::Working, subagents()),
            Event::Ask(call) => {
                asked.insert(call);
                (self.turn, asked)
            }
            Event::Done(call) => {
                asked.remove(&call);
                let goes_on = self.turn == Turn::Waiting && !call.by_subagent;
                (if goes_on { Turn::Working } else { self.turn }, asked)
            }
            Event::SubagentStop => {
                asked.retain(|asked| !asked.by_subagent);
                (self.turn, asked)
            }
            Event::PreCompact => (Turn::Working, asked),
            Event::PostCompact => (Turn::Waiting, asked),
            Event::StopFailure => (Turn::Waiting, subagents()),
            Event::End => (Turn::Ended, BTreeSet::new()),
        };
        Self { turn, asked }
    }

    /// Whatever a hook may leave that is stopped on its way from this state to the other.
    fn between(&self, after: &Self) -> [Self; 4] {
        let mixed = |turn: &Self, asked: &Self| Self { turn: turn.turn, asked: asked.asked.clone() };
        [self.clone(), mixed(after, self), mixed(self, after), after.clone()]
    }
}

/// The states that a session may be in: one, but for a killed hook's session.
#[derive(Clone, Debug)]
pub struct Possible(pub BTreeSet<State>);

impl Possible {
    /// The hook exited 0.
    pub fn apply(&mut self, event: Event) {
        self.0 = self.0.iter().map(|state| state.after(event)).collect();
    }

    /// The hook was killed: the state before the event or after it, or what a hook does in two steps half done.
    pub fn maybe_apply(&mut self, event: Event) {
        self.0 = self.0.iter().flat_map(|state| state.between(&state.after(event))).collect();
    }

    /// The CLI was killed. What it asked may stand, under the end, until the next one begins.
    pub fn end(&mut self) {
        self.0 = self.0.iter().map(|state| State { turn: Turn::Ended, ..state.clone() }).collect();
    }

    /// Whether a hook that fails in this event has changed nothing: it writes one file at most.
    pub fn is_one_step(&self, event: Event) -> bool {
        self.0.iter().all(|state| {
            let after = state.after(event);
            let has_turn = !matches!(event, Event::Ask(_) | Event::SubagentStop);
            !has_turn || after.asked == state.asked || after.asked.is_empty()
        })
    }

    /// Whether this word is right.
    pub fn allows(&self, word: &str) -> bool {
        self.0.iter().any(|state| state.word() == word)
    }
}
