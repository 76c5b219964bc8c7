//! What is asked of the editor and what it answers.

use super::{
    edit_refusal::EditRefusal,
    ownership::SettingsHook,
    splice::{self, Splice},
    wrapped_commands::WrappedCommand,
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
pub struct InstallRequest<'a> {
    /// What shall be registered: at most one for each event and executable, every one of them
    /// ours by its path, or it could not be told apart again.
    pub registrations: &'a [Registration],
    /// What is ours: the file names of our executables, of earlier versions too. Where arguments follow a name, only
    /// with these first is it ours.
    pub owned: &'a [&'a str],
    /// Leave the dashboards' scripts registered.
    pub keep_scripts: bool,
    /// In whose installation the program of this path lies, as written in its command; whether a shell reads that.
    pub place: &'a dyn Fn(&str, bool) -> HookOwner,
    /// Leave the entries of other homes; else they become as wanted, too.
    pub keep_others: bool,
    /// Whether the script of this path, as written in its command, writes session signals. Asked only for
    /// scripts of the names we replace.
    pub writes_signals: &'a dyn Fn(&str) -> bool,
}

impl InstallRequest<'_> {
    /// In whose installation the program of a hook lies.
    pub fn owner_of(&self, hook: &SettingsHook) -> HookOwner {
        (self.place)(&hook.command.program, !hook.exec)
    }

    /// Whether it is another home's, and to be left.
    pub fn is_kept(&self, hook: &SettingsHook) -> bool {
        self.keep_others && self.owner_of(hook) == HookOwner::Another
    }
}

/// Whose an entry is, by where the executable lies that it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookOwner {
    /// In the installation that is meant.
    Here,
    /// Where an earlier one of this home was, or a checkout.
    Former,
    /// In another home: the entry is another person's, or another computer's.
    Another,
}

/// An edit, not yet done: writing it, showing it and reporting it all read this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPlan {
    /// The text it starts from.
    pub before: Vec<u8>,
    /// The text it leads to.
    pub after: Vec<u8>,
    /// The same as edits of `before`, in order.
    pub splices: Vec<Splice>,
    /// What becomes of each of our entries.
    pub registered: Vec<HookChange>,
    /// The dashboards' scripts that are unregistered.
    pub replaced_scripts: Vec<ReplacedScript>,
    /// The entries of other homes that become as wanted.
    pub of_others: Vec<ReplacedScript>,
    /// The lines of the user's own that start one of our executables, so that no entry is added.
    pub by_hand: Vec<WrappedCommand>,
}

impl EditPlan {
    /// The plan of these edits of `text`, which says nothing yet of entries and scripts.
    ///
    /// # Errors
    ///
    /// The edits overlap.
    pub fn from_splices(text: &str, splices: Vec<Splice>) -> Result<Self, EditRefusal> {
        let after =
            splice::apply_splices(text, &splices).ok_or_else(|| EditRefusal::Unproven("overlapping edits".into()))?;
        Ok(Self {
            before: text.into(),
            after: after.into(),
            splices,
            registered: Vec::new(),
            replaced_scripts: Vec::new(),
            of_others: Vec::new(),
            by_hand: Vec::new(),
        })
    }

    /// Whether it changes a single byte.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// What becomes of one registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookChange {
    /// The hook event.
    pub event: String,
    /// The command: the one wanted, or where it is removed, the one found.
    pub command: String,
    /// What happens to it.
    pub what: ChangeKind,
}

/// What happens to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
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
pub struct ReplacedScript {
    /// The hook event it was registered for.
    pub event: String,
    /// Its command, as written, with its arguments.
    pub command: String,
}
