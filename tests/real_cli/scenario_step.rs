//! One step of a scenario: what the user does, and what state the session must then have.

use super::expected_state::ExpectedState;

/// What the user does.
pub enum UserAction {
    /// Starts the CLI. Resumes the last session if there was one.
    Start,
    /// Starts `claude -p` with this prompt, which is a session of its own.
    Print(&'static str),
    /// Types this prompt and presses Enter.
    Prompt(&'static str),
    /// Presses this key.
    Press(&'static str),
    /// Presses Escape until the dialog is closed. In some dialogs the first Escape only leaves the search.
    CloseDialog,
    /// Answers the dialog with "No". The number of that answer differs between versions.
    Deny,
    /// Makes this file. A tool or an answer of the API waits for it.
    CreateFile(&'static str),
    /// Runs `claude -p --resume` with this prompt while the session's own process lives. So the session has two processes.
    RunBeside(&'static str),
    /// Presses Ctrl-C, and once more when the screen offers to exit.
    Quit,
    /// Sends SIGKILL to the CLI.
    Kill,
    /// Closes the terminal, so that the CLI gets SIGHUP.
    CloseTerminal,
}

/// One step.
pub struct ScenarioStep {
    pub situation: &'static str,
    pub actions: &'static [UserAction],
    pub expected: ExpectedState,
    /// What must be visible besides the state. Without it, a state that equals the one of the previous step would be taken for the
    /// new one.
    pub sign: VisibleSign,
}

/// Returns a step.
pub const fn step(
    situation: &'static str,
    actions: &'static [UserAction],
    expected: ExpectedState,
    sign: VisibleSign,
) -> ScenarioStep {
    ScenarioStep { situation, actions, expected, sign }
}

/// A sign that an action has had its effect.
pub enum VisibleSign {
    Nothing,
    /// This text is on the screen.
    Text(&'static str),
    /// This file is in the home directory.
    File(&'static str),
    /// The CLI has changed to this directory of the home directory.
    Directory(&'static str),
    /// The dialog differs from that before the step.
    OtherDialog,
    /// The session of the CLI differs from that before the step.
    OtherSession,
}
