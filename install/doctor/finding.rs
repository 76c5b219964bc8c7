//! What doctor finds, and how it may be mended.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use session_signals_protocol::SignalKind;

use crate::paths::Scope;
use session_signals_reader::cleanup::SignalFault;

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
    /// Whether it keeps the hooks from publishing, where its id alone does not say so.
    #[serde(skip)]
    pub silences: bool,
    /// What that is, to be done.
    #[serde(skip)]
    pub mend: Fix,
}

/// What --fix does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Nothing: it is the user's to decide.
    ByHand,
    /// Installs again.
    Install(Scope),
    /// Copies the executables, and leaves the settings.
    Copy,
    /// Takes our entries out.
    Uninstall(Scope),
    /// Closes the spool to others.
    Tighten,
    /// Removes a file of ours that nobody will use again.
    Remove(PathBuf),
    /// Moves what a killed run left of the settings to the backups, there; `None` where it is in another place, too,
    /// and may go.
    SetAside(PathBuf, Option<String>),
    /// Removes a signal, under the hooks' own lock, where this is still wrong with it.
    Signal(String, SignalKind, SignalFault),
    /// Settles, under that lock, what a killed hook left in the spool under this name; whether it is a signal.
    Remnant(String, bool),
    /// Removes, under that lock, the signals of these sessions, which ended longer ago than this.
    Forget(Vec<String>, Duration),
}

impl Finding {
    /// A finding about no file in particular.
    pub fn new(id: &'static str, sentence: String, mend: Fix) -> Self {
        let fix = match &mend {
            Fix::ByHand => None,
            Fix::Install(scope) => Some(format!("runs `hooks install --scope {}`", scope.word())),
            Fix::Copy => Some("copies the executables".to_owned()),
            Fix::Uninstall(scope) => Some(format!("takes our entries out of the {} settings", scope.word())),
            Fix::Tighten => Some("gives it mode 700".to_owned()),
            Fix::SetAside(_, Some(place)) => Some(format!("moves it to {place}")),
            Fix::Signal(_, kind, SignalFault::Superseded(_)) => Some(format!("removes the older one, {}", kind.word())),
            Fix::Remnant(_, true) => Some("brings it back".to_owned()),
            Fix::Remove(_) | Fix::SetAside(..) | Fix::Remnant(..) | Fix::Signal(..) => Some("removes it".to_owned()),
            Fix::Forget(sessions, _) => Some(format!("removes {}", if sessions.len() == 1 { "it" } else { "them" })),
        };
        Self { id, sentence, path: None, fix, silences: false, mend }
    }

    /// The same, about a file.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }
}
