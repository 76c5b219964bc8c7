//! The receipt of an installation: with it, uninstalling gives the original back byte for byte.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    edit_plan::{EditPlan, HookOwner},
    plan_uninstall::plan_uninstall,
    splice::{self, Splice},
};

const VERSION: u32 = 1;

/// What an installation did to the text, so that it can be taken back. It holds the bytes taken out of the
/// settings: keep it as private as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditReceipt {
    /// The form of the receipt itself.
    version: u32,
    /// SHA-256 of the text after the installation, in hexadecimal: what `sha256sum settings.json` prints.
    sha256: String,
    /// The edits that led there, oldest first: one, and one more for each later installation on top.
    edits: Vec<Vec<Splice>>,
}

impl EditReceipt {
    /// The receipt for a written `plan` of [`install`](super::install()). Where `previous` is the receipt of the
    /// text the plan starts from, the original stays that of the first installation.
    #[must_use]
    pub fn from_plan(plan: &EditPlan, previous: Option<&Self>) -> Self {
        let mut edits = previous
            .filter(|receipt| receipt.matches_text(&plan.before))
            .map_or_else(Vec::new, |receipt| receipt.edits.clone());
        edits.push(plan.splices.clone());
        Self { version: VERSION, sha256: sha256(&plan.after), edits }
    }

    /// Whether this is the receipt of exactly this text.
    #[must_use]
    pub fn matches_text(&self, text: &[u8]) -> bool {
        self.version == VERSION && self.sha256 == sha256(text)
    }
}

/// Plans the way back from `now` to the text before the first installation; `None` where somebody has changed
/// the text since, or the receipt is damaged: then [`uninstall`] is what remains.
///
/// An original that already held entries of ours comes back without these: their executables are going away,
/// and the CLI would report an error on every event.
#[must_use]
pub fn undo_edit(
    now: &[u8],
    receipt: &EditReceipt,
    owned: &[&str],
    place: &dyn Fn(&str, bool) -> HookOwner,
) -> Option<EditPlan> {
    let text = std::str::from_utf8(now).ok().filter(|_| receipt.matches_text(now))?;
    let mut original = text.to_owned();
    for edit in receipt.edits.iter().rev() {
        original = splice::apply_splices(&original, &splice::invert_splices(edit)?)?;
    }
    let original = String::from_utf8(plan_uninstall(original.as_bytes(), owned, place).ok()?.after).ok()?;
    let registered = plan_uninstall(now, owned, place).ok()?.registered;
    let splices = if original == text { Vec::new() } else { vec![splice::splice_between(text, &original)] };
    Some(EditPlan { registered, ..EditPlan::from_splices(text, splices).ok()? })
}

fn sha256(text: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        let _ = write!(hex, "{byte:02x}"); // a String takes every write
    }
    hex
}
