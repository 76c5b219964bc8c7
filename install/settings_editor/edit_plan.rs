//! What the editor answers: an edit that has not been made yet.

use serde::Serialize;

use super::{
    edit_refusal::EditRefusal,
    splice::{self, Splice},
    wrapped_commands::WrappedCommand,
};

/// An edit of the settings that has not been made yet. The installer writes it, shows it and reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditPlan {
    /// The text before the edit.
    pub before: Vec<u8>,
    /// The text after the edit.
    pub after: Vec<u8>,
    /// The same edit as changes of `before`, in the order of their offsets.
    pub splices: Vec<Splice>,
    /// What happens to each of our entries.
    pub registered: Vec<HookChange>,
    /// The scripts of session dashboards that are unregistered.
    pub replaced_scripts: Vec<ReplacedScript>,
    /// The entries of other homes that are updated.
    pub of_others: Vec<ReplacedScript>,
    /// The lines that the user wrote and that start one of our executables, so that no entry is added.
    pub by_hand: Vec<WrappedCommand>,
}

impl EditPlan {
    /// Returns the plan of these edits of `text`. The lists of entries and scripts are empty.
    ///
    /// # Errors
    /// [`EditRefusal::CheckFailed`] if the splices overlap.
    pub fn from_splices(text: &str, splices: Vec<Splice>) -> Result<Self, EditRefusal> {
        let overlap = || EditRefusal::CheckFailed("overlapping edits".into());
        let after = splice::apply_splices(text, &splices).ok_or_else(overlap)?;
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

    /// Returns whether the edit changes any byte.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// What happens to one of our entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookChange {
    /// The hook event.
    pub event: String,
    /// The command that is registered. If the entry is removed, the command that it has.
    pub command: String,
    /// The change.
    pub what: ChangeKind,
}

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// There was no entry; one is added.
    Added,
    /// The entry is as it must be.
    Kept,
    /// The entry is one of an earlier version and is updated.
    Updated,
    /// There are more entries than needed. This many are removed; the others are updated if they have to be.
    Converged(usize),
    /// The entry is not needed and is removed.
    Removed,
}

/// A command in the settings and the event it is registered for: a dashboard's script, or an entry of another home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReplacedScript {
    /// The hook event.
    pub event: String,
    /// The command with its arguments, as it is written.
    pub command: String,
}
