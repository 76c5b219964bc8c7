//! The reference model: which states a session may be in after its events. It is written from the description of the
//! protocol, not from the table that the hooks use, so that a mistake in that table shows.

use std::collections::BTreeSet;

/// What the session itself does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    Working,
    Waiting,
    Ended,
}

/// A tool call that waits for the user's permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToolCall {
    /// A number that no other call of the session has.
    pub number: u64,
    pub is_subagents: bool,
}

/// An event of a session.
#[derive(Clone, Copy, Debug)]
pub enum SessionEvent {
    Start {
        source: &'static str,
    },
    Prompt,
    /// A call asks for permission.
    PermissionRequest(ToolCall),
    /// A call has ended.
    ToolUse(ToolCall),
    SubagentStop,
    PreCompact,
    PostCompact,
    Stop {
        are_subagents_running: bool,
    },
    StopFailure,
    End,
}

impl SessionEvent {
    /// Returns the executable, the event's name, and the members of the payload that only this event has.
    fn parts(self) -> (&'static str, &'static str, String) {
        let members_of = |call: ToolCall| {
            let agent = if call.is_subagents { r#""agent_id":"a3a8b1c9","# } else { "" };
            format!(r#"{agent}"tool_name":"Bash","tool_input":{{"command":"make check-{}"}}"#, call.number)
        };
        match self {
            Self::Start { source } => ("hook-session-start", "SessionStart", format!(r#""source":"{source}""#)),
            Self::Prompt => ("hook-user-prompt-submit", "UserPromptSubmit", r#""prompt":"go on, please""#.to_owned()),
            Self::PermissionRequest(call) => ("hook-permission-request", "PermissionRequest", members_of(call)),
            Self::ToolUse(call) => ("hook-post-tool-use", "PostToolUse", members_of(call)),
            Self::SubagentStop => ("hook-subagent-stop", "SubagentStop", r#""agent_id":"a3a8b1c9""#.to_owned()),
            Self::PreCompact => ("hook-compact", "PreCompact", r#""trigger":"manual""#.to_owned()),
            Self::PostCompact => ("hook-compact", "PostCompact", r#""trigger":"manual""#.to_owned()),
            Self::Stop { are_subagents_running } => {
                let task = r#"{"id":"a3a8b1c9","type":"subagent","status":"running","description":"a look around"}"#;
                let tasks = if are_subagents_running { task } else { "" };
                ("hook-stop", "Stop", format!(r#""last_assistant_message":"It is done.","background_tasks":[{tasks}]"#))
            }
            Self::StopFailure => ("hook-stop", "StopFailure", r#""error":"rate_limit""#.to_owned()),
            Self::End => ("hook-session-end", "SessionEnd", r#""reason":"other""#.to_owned()),
        }
    }

    /// Returns the name of the executable that the event starts.
    pub fn hook(self) -> &'static str {
        self.parts().0
    }

    /// Returns what the hook reads.
    pub fn payload(self, session: &str) -> String {
        let (_, name, members) = self.parts();
        format!(
            r#"{{"session_id":"{session}","transcript_path":"/nonexistent/{session}.jsonl","cwd":"/nonexistent/work","hook_event_name":"{name}",{members}}}"#
        )
    }
}

/// What a session does, and which calls wait for permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelState {
    pub turn: Turn,
    pub waiting_calls: BTreeSet<ToolCall>,
}

impl ModelState {
    /// Returns the state of a session that has ended or not started.
    pub fn ended() -> Self {
        Self { turn: Turn::Ended, waiting_calls: BTreeSet::new() }
    }

    /// Returns the word that readers use. `ended` comes before `permission`, and `permission` before the turn.
    pub fn word(&self) -> &'static str {
        match (self.turn, self.waiting_calls.is_empty()) {
            (Turn::Ended, _) => "ended",
            (_, false) => "permission",
            (Turn::Waiting, true) => "waiting",
            (Turn::Working, true) => "working",
        }
    }

    /// Returns the state after an event.
    pub fn after(&self, event: SessionEvent) -> Self {
        let calls_of_subagents = || self.waiting_calls.iter().copied().filter(|call| call.is_subagents).collect();
        let mut calls = self.waiting_calls.clone();
        let (turn, waiting_calls) = match event {
            SessionEvent::Start { .. } | SessionEvent::Stop { are_subagents_running: false } => {
                (Turn::Waiting, BTreeSet::new())
            }
            SessionEvent::Prompt | SessionEvent::Stop { are_subagents_running: true } => {
                (Turn::Working, calls_of_subagents())
            }
            SessionEvent::PermissionRequest(call) => {
                calls.insert(call);
                (self.turn, calls)
            }
            SessionEvent::ToolUse(call) => {
                calls.remove(&call);
                let goes_on = self.turn == Turn::Waiting && !call.is_subagents;
                (if goes_on { Turn::Working } else { self.turn }, calls)
            }
            SessionEvent::SubagentStop => {
                calls.retain(|call| !call.is_subagents);
                (self.turn, calls)
            }
            SessionEvent::PreCompact => (Turn::Working, calls),
            SessionEvent::PostCompact => (Turn::Waiting, calls),
            SessionEvent::StopFailure => (Turn::Waiting, calls_of_subagents()),
            SessionEvent::End => (Turn::Ended, BTreeSet::new()),
        };
        Self { turn, waiting_calls }
    }

    /// Returns every state that a hook may leave if it is stopped between this state and `after`.
    fn between(&self, after: &Self) -> [Self; 4] {
        let mix = |turn: &Self, calls: &Self| Self { turn: turn.turn, waiting_calls: calls.waiting_calls.clone() };
        [self.clone(), mix(after, self), mix(self, after), after.clone()]
    }
}

/// The states that a session may be in. There is more than one only after a hook was killed.
#[derive(Clone, Debug)]
pub struct PossibleStates(pub BTreeSet<ModelState>);

impl PossibleStates {
    /// Applies an event whose hook exited with 0.
    pub fn apply(&mut self, event: SessionEvent) {
        self.0 = self.0.iter().map(|state| state.after(event)).collect();
    }

    /// Applies an event whose hook was killed: the hook did everything, nothing, or one of two steps.
    pub fn apply_perhaps(&mut self, event: SessionEvent) {
        self.0 = self.0.iter().flat_map(|state| state.between(&state.after(event))).collect();
    }

    /// Ends the session because its CLI was killed. The signals of its waiting calls may stay until the next CLI
    /// starts.
    pub fn end(&mut self) {
        self.0 = self.0.iter().map(|state| ModelState { turn: Turn::Ended, ..state.clone() }).collect();
    }

    /// Returns whether the event's hook writes at most one file. If such a hook fails, it has changed nothing.
    pub fn is_one_step(&self, event: SessionEvent) -> bool {
        self.0.iter().all(|state| {
            let after = state.after(event);
            let changes_turn = !matches!(event, SessionEvent::PermissionRequest(_) | SessionEvent::SubagentStop);
            !changes_turn || after.waiting_calls == state.waiting_calls || after.waiting_calls.is_empty()
        })
    }

    /// Returns whether a reader may say this word.
    pub fn allows(&self, word: &str) -> bool {
        self.0.iter().any(|state| state.word() == word)
    }
}
