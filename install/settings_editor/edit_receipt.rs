//! The receipt of an installation. With it, an uninstallation restores the original text byte for byte.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    edit_plan::EditPlan,
    install_request::HookOwner,
    plan_uninstall::plan_uninstall,
    splice::{self, Splice},
};

/// The version of the receipt's format.
const VERSION: u32 = 1;

/// What an installation changed in the text, so that it can be taken back.
///
/// The receipt holds the bytes that were taken out of the settings, so it must be as private as the settings are. The
/// installer stores it as JSON: `{"version": 1, "sha256": "…", "edits": [[{"at": 1, "taken": "", "put": "…"}]]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditReceipt {
    /// The version of the format.
    version: u32,
    /// The SHA-256 of the text after the installation, in hexadecimal, as `sha256sum settings.json` prints it.
    sha256: String,
    /// The edits that led to that text, the oldest first. Each later installation on top adds one.
    edits: Vec<Vec<Splice>>,
}

impl EditReceipt {
    /// Returns the receipt for an installation with `plan`.
    ///
    /// If `previous` is the receipt of the text that the plan starts from, the new receipt includes its edits. It then
    /// leads back to the text before the first installation.
    #[must_use]
    pub fn from_plan(plan: &EditPlan, previous: Option<&Self>) -> Self {
        let mut edits = previous
            .filter(|receipt| receipt.matches_text(&plan.before))
            .map_or_else(Vec::new, |receipt| receipt.edits.clone());
        edits.push(plan.splices.clone());
        Self { version: VERSION, sha256: sha256(&plan.after), edits }
    }

    /// Returns whether this is the receipt of exactly this text.
    #[must_use]
    pub fn matches_text(&self, text: &[u8]) -> bool {
        self.version == VERSION && self.sha256 == sha256(text)
    }
}

/// Plans to restore the text before the first installation, from the present text `now` and its receipt.
///
/// Returns `None` if somebody has changed the text since, or if the receipt is damaged. The caller then uses
/// [`plan_uninstall`].
///
/// If the original already had entries of ours, they are not restored: their executables are being removed, and the CLI
/// would report an error for every event.
#[must_use]
pub fn undo_edit(
    now: &[u8],
    receipt: &EditReceipt,
    owned: &[&str],
    owner_of_path: &dyn Fn(&str, bool) -> HookOwner,
) -> Option<EditPlan> {
    let text = std::str::from_utf8(now).ok().filter(|_| receipt.matches_text(now))?;
    let mut original = text.to_owned();
    for edit in receipt.edits.iter().rev() {
        original = splice::apply_splices(&original, &splice::invert_splices(edit)?)?;
    }
    let original = String::from_utf8(plan_uninstall(original.as_bytes(), owned, owner_of_path).ok()?.after).ok()?;
    let registered = plan_uninstall(now, owned, owner_of_path).ok()?.registered;
    let splices = if original == text { Vec::new() } else { vec![splice::splice_between(text, &original)] };
    Some(EditPlan { registered, ..EditPlan::from_splices(text, splices).ok()? })
}

/// Returns the SHA-256 hash of a text in hexadecimal digits.
#[must_use]
pub fn sha256(text: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        let _ = write!(hex, "{byte:02x}"); // a String takes every write
    }
    hex
}
