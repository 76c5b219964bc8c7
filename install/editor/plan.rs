//! What is asked of the editor and what it answers.

use super::{
    refusal::Refusal,
    splice::{self, Splice},
};

/// One hook registration wanted in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The hook event, `SessionStart`.
    pub event: &'static str,
    /// The executable's absolute path, or a shell's command line where that must be quoted.
    pub command: String,
    /// The arguments to write as `args`, so that the CLI starts the path without a shell; `None` for a shell's line.
    pub args: Option<&'static [&'static str]>,
    /// Seconds until the CLI gives up on the hook.
    pub timeout: u32,
}

/// Everything an installation depends on.
pub struct Request<'a> {
    /// What shall be registered: at most one for each event and executable, every one of them
    /// ours by its path, or it could not be told apart again.
    pub registrations: &'a [Registration],
    /// What is ours: the file names of our executables, of earlier versions too. Where arguments follow a name, only
    /// with these first is it ours.
    pub owned: &'a [&'a str],
    /// Leave the dashboards' scripts registered.
    pub keep_scripts: bool,
    /// Whether the script of this path, as written in its command, writes session signals. Asked only for
    /// scripts of the names we replace.
    pub writes_signals: &'a dyn Fn(&str) -> bool,
}

/// An edit, not yet done: writing it, showing it and reporting it all read this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The text it starts from.
    pub before: Vec<u8>,
    /// The text it leads to.
    pub after: Vec<u8>,
    /// The same as edits of `before`, in order.
    pub splices: Vec<Splice>,
    /// What becomes of each of our entries.
    pub registered: Vec<Change>,
    /// The dashboards' scripts that are unregistered.
    pub replaced_scripts: Vec<Replaced>,
}

impl Plan {
    /// The plan of these edits of `text`, which says nothing yet of entries and scripts.
    ///
    /// # Errors
    ///
    /// The edits overlap.
    pub fn of(text: &str, splices: Vec<Splice>) -> Result<Self, Refusal> {
        let after = splice::apply(text, &splices).ok_or_else(|| Refusal::Unproven("overlapping edits".into()))?;
        let (registered, replaced_scripts) = (Vec::new(), Vec::new());
        Ok(Self { before: text.into(), after: after.into(), splices, registered, replaced_scripts })
    }

    /// Whether it changes a single byte.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// What becomes of one registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The hook event.
    pub event: String,
    /// The command: the one wanted, or where it is removed, the one found.
    pub command: String,
    /// What happens to it.
    pub what: What,
}

/// What happens to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was missing.
    Added,
    /// It was right already.
    Kept,
    /// It was an earlier version's, and is now as wanted.
    Updated,
    /// It was there more than once; so many are removed, the rest is as wanted.
    Converged(usize),
    /// It was there and is not wanted.
    Removed,
}

/// A dashboard's script that is no longer registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// The hook event it was registered for.
    pub event: String,
    /// Its command, as written, with its arguments.
    pub command: String,
}
