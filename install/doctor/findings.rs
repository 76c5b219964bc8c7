//! What doctor finds, and how it may be mended.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::places::Scope;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable, for programs.
    pub id: &'static str,
    /// For people.
    pub sentence: String,
    /// The file it is about.
    pub path: Option<PathBuf>,
    /// What --fix does; `None` where it is not ours to mend.
    pub fix: Option<String>,
    /// The same, to be done.
    #[serde(skip)]
    pub mend: Mend,
}

/// What --fix does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mend {
    /// Nothing: it is the user's to decide.
    ByHand,
    /// Installs again.
    Install(Scope),
    /// Takes our entries out.
    Uninstall(Scope),
    /// Closes the spool to others.
    Tighten,
    /// Removes a file of ours that nobody will use again.
    Remove(PathBuf),
    /// Moves what a killed run left of the settings to the backups, there; `None` where it is in another place, too,
    /// and may go.
    SetAside(PathBuf, Option<String>),
    /// Removes the signal of this session that a newer one supersedes: session, word of the kind.
    Supersede(String, &'static str),
}

impl Finding {
    /// A finding about no file in particular.
    pub fn new(id: &'static str, sentence: String, mend: Mend) -> Self {
        let fix = match &mend {
            Mend::ByHand => None,
            Mend::Install(scope) => Some(format!("runs `hooks install --scope {}`", scope.word())),
            Mend::Uninstall(scope) => Some(format!("takes our entries out of the {} settings", scope.word())),
            Mend::Tighten => Some("gives it mode 700".to_owned()),
            Mend::Remove(_) | Mend::SetAside(_, None) => Some("removes it".to_owned()),
            Mend::SetAside(_, Some(place)) => Some(format!("moves it to {place}")),
            Mend::Supersede(_, word) => Some(format!("removes the older one, {word}")),
        };
        Self { id, sentence, path: None, fix, mend }
    }

    /// The same, about a file.
    #[must_use]
    pub fn at(self, path: &Path) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }
}
