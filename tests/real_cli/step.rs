//! One step of a life: what the person does, and what must then be true.

use super::truth::Truth;

/// What the person does.
pub enum Act {
    /// Starts the CLI; resumes the session where there was one.
    Start,
    /// Starts `claude -p` with this prompt: a session of its own.
    Print(&'static str),
    /// Types this, and Enter.
    Prompt(&'static str),
    /// Presses this key.
    Press(&'static str),
    /// Answers the dialog with "No", whatever number it has.
    Deny,
    /// Lets go what holds until this file is there.
    Open(&'static str),
    /// Runs `claude -p --resume` with this prompt beside the one that lives: a second process of the same session.
    Beside(&'static str),
    /// Presses Ctrl-C, and again as soon as the screen offers it.
    Quit,
    /// SIGKILL.
    Kill,
    /// Closes the terminal: SIGHUP.
    Close,
}

/// Something that a person can bring about.
pub struct Step {
    pub situation: &'static str,
    pub acts: &'static [Act],
    pub truth: Truth,
    /// What must be seen besides, where the truth alone could still be the last step's.
    pub sign: Sign,
}

/// Something to be seen.
pub enum Sign {
    Nothing,
    /// This text on the screen.
    Text(&'static str),
    /// This file in HOME.
    File(&'static str),
    /// The process has gone to this directory in HOME.
    Directory(&'static str),
    /// Another dialog than before.
    OtherDialog,
    /// The process runs another session than before.
    OtherSession,
}
