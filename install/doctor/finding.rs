//! A finding of doctor, and its repair.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Serialize, Serializer};
use session_signals_cli::FindingId;
use session_signals_protocol::SignalKind;
use session_signals_reader::cleanup::SignalFault;

use crate::paths::Scope;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of finding it is, for programs.
    #[serde(serialize_with = "serialize_id")]
    pub id: FindingId,
    /// What is wrong, for people.
    pub sentence: String,
    /// The file that the finding is about.
    pub path: Option<PathBuf>,
    /// What --fix does, for people; `None` if only the user can repair it.
    pub fix: Option<String>,
    /// Whether the finding keeps the hooks from publishing, although others with the same id do not.
    #[serde(skip)]
    pub silences: bool,
    /// What --fix does.
    #[serde(skip)]
    pub repair: Repair,
}

/// What --fix does about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Nothing: only the user can repair it.
    ByHand,
    /// Runs `hooks install` for this scope.
    Install(Scope),
    /// Copies the executables, and leaves the settings as they are.
    CopyExecutables,
    /// Lays the plugin down again, and copies the executables.
    LayPlugin,
    /// Writes the links, completions and man pages again, and copies the executables.
    LayUserFiles,
    /// Removes our entries from the settings of this scope.
    Uninstall(Scope),
    /// Takes the permissions on the signal directory from other users, and gives them to this one.
    RestrictSignalDir,
    /// Deletes a temporary file of ours.
    DeleteTemporary(PathBuf),
    /// Settles the file that a killed run left beside the settings. The text is the path to which the file is moved; `None` if
    /// the file is deleted.
    SettleLeftover(PathBuf, Option<String>),
    /// Removes this signal of a session, under the lock of the signal directory, if it still has this fault.
    RemoveSignal(String, SignalKind, SignalFault),
    /// Settles the file of this name that a killed hook left in the signal directory, under its lock. The flag says whether the
    /// file is a signal.
    RecoverTemporary(String, bool),
    /// Removes the signals of these sessions, under the lock of the signal directory. The sessions ended longer ago than this.
    RemoveOldSignals(Vec<String>, Duration),
}

impl Finding {
    /// Makes a finding that is about no file.
    pub fn new(id: FindingId, sentence: String, repair: Repair) -> Self {
        let fix = match &repair {
            Repair::ByHand => None,
            Repair::Install(scope) => Some(format!("runs `hooks install --scope {}`", scope.word())),
            Repair::CopyExecutables => Some("copies the executables".to_owned()),
            Repair::LayPlugin => Some("lays the plugin down again, and copies the executables".to_owned()),
            Repair::LayUserFiles => Some(
                "makes the links, completions and man pages as they should be, and copies the executables".to_owned(),
            ),
            Repair::Uninstall(scope) => Some(format!("removes our entries from the {} settings", scope.word())),
            Repair::RestrictSignalDir => Some("gives it mode 700".to_owned()),
            Repair::SettleLeftover(_, Some(destination)) => Some(format!("moves it to {destination}")),
            Repair::RemoveSignal(_, kind, SignalFault::Superseded(_)) => {
                Some(format!("removes the older one, {}", kind.word()))
            }
            Repair::RecoverTemporary(_, true) => Some("makes it a signal again".to_owned()),
            Repair::DeleteTemporary(_)
            | Repair::SettleLeftover(..)
            | Repair::RecoverTemporary(..)
            | Repair::RemoveSignal(..) => Some("removes it".to_owned()),
            Repair::RemoveOldSignals(sessions, _) => {
                Some(format!("removes {}", if sessions.len() == 1 { "it" } else { "them" }))
            }
        };
        Self { id, sentence, path: None, fix, silences: false, repair }
    }

    /// Adds the file that the finding is about.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn serialize_id<S: Serializer>(id: &FindingId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id.as_str())
}
