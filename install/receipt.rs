//! The receipts of `install`: what it changed in each settings file, so that `uninstall` can restore the old content exactly.
//!
//! A receipt is written before the settings are changed, as a pending receipt. After the change it replaces the receipt of the
//! earlier change. So the receipt that fits the settings exists at every moment, even if the process is killed.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor;
use crate::settings_file::SettingsFile;
use crate::{atomic_file, supported_events};

/// The prefixes of receipts and of pending receipts.
const PREFIXES: [&str; 2] = ["receipt.", "pending."];

/// The receipt of one settings file. It lies beside the executables.
#[derive(Serialize, Deserialize)]
pub struct InstallReceipt {
    /// The settings file.
    pub file: PathBuf,
    /// Whether install created the settings file.
    pub created: bool,
    /// Whether `--keep-scripts` was given.
    pub keep_scripts: bool,
    /// The scripts that were removed from the settings.
    #[serde(default)]
    pub replaced: Vec<ReplacedScriptNote>,
    /// What the settings editor changed, and the hash of the result.
    pub edit: settings_editor::EditReceipt,
}

/// A script that was removed from the settings.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReplacedScriptNote {
    /// The event that it was registered for.
    pub event: String,
    /// Its command.
    pub command: String,
    /// The backup of the settings that still contain it.
    pub backup: Option<PathBuf>,
}

/// Returns the paths of the receipt and of the pending receipt of a settings file.
fn receipt_paths(env: &Environment, settings: &Path) -> [PathBuf; 2] {
    PREFIXES.map(|prefix| env.executables_dir().join(format!("{prefix}{}", env.settings_slug(settings))))
}

/// Reads the receipt that fits the present content of a settings file; `None` if there is none that can be read.
#[must_use]
pub fn load_receipt(env: &Environment, settings: &Path) -> Option<InstallReceipt> {
    find_receipt(env, settings).map(|(_, receipt)| receipt)
}

/// Returns the receipt that counts, and its path. It is the one that fits the content. If neither receipt fits, another
/// program has written the settings since. The pending receipt then counts if the settings contain entries of ours.
fn find_receipt(env: &Environment, settings: &Path) -> Option<(PathBuf, InstallReceipt)> {
    let read = |path: PathBuf| {
        let receipt = read_receipt(&path).filter(|receipt| is_same_file(&receipt.file, settings))?;
        Some((path, receipt))
    };
    let [receipt, pending] = receipt_paths(env, settings).map(read);
    let settings = SettingsFile::read_settings(settings).ok();
    let text = settings.as_ref().map_or(b"".as_slice(), SettingsFile::bytes);
    let has_entries = || {
        settings_editor::own_entries(text, &supported_events::owned_names()).is_ok_and(|entries| !entries.is_empty())
    };
    let fits = |candidate: &Option<(PathBuf, InstallReceipt)>| {
        candidate.as_ref().is_some_and(|(_, receipt)| receipt.edit.matches_text(text))
    };
    if fits(&pending) || !fits(&receipt) && pending.is_some() && has_entries() { pending } else { receipt }
}

fn read_receipt(path: &Path) -> Option<InstallReceipt> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Returns whether two paths name the same file. The file need not exist. The directories may have several names, by symlinks.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    one == other || one.file_name() == other.file_name() && folder(one).is_some() && folder(one) == folder(other)
}

/// Returns the path that the configuration directory had when its hooks were installed. It may have been moved since, with all
/// files in it.
#[must_use]
pub fn former_config_dir(env: &Environment) -> Option<PathBuf> {
    let [receipt, _] = receipt_paths(env, &env.settings_path(Scope::User));
    read_receipt(&receipt)?.file.parent().map(Path::to_owned)
}

/// Writes the pending receipt of a change that is about to be made.
///
/// # Errors
/// If the file system refuses a step. The change must not be made then.
pub fn prepare_receipt(env: &Environment, receipt: &InstallReceipt) -> io::Result<()> {
    let mut text = serde_json::to_vec(receipt)?;
    text.push(b'\n');
    let [_, pending] = receipt_paths(env, &receipt.file);
    fs::create_dir_all(env.executables_dir())?;
    atomic_file::write_file(&pending, &text, 0o600)
}

/// Makes the pending receipt the receipt if its change was made, and removes it if the change was not made.
///
/// To be called under the lock: after a change, and before one, because an earlier run may have been killed.
///
/// # Errors
/// If the file system refuses a step.
pub fn settle_receipt(env: &Environment, settings: &Path) -> io::Result<()> {
    let [receipt, pending] = receipt_paths(env, settings);
    if !pending.exists() {
        return Ok(());
    }
    if find_receipt(env, settings).is_some_and(|(path, _)| path == pending) {
        fs::rename(&pending, &receipt)?;
        atomic_file::sync_folder(&receipt);
        return Ok(());
    }
    fs::remove_file(&pending)
}

/// Removes the receipts of a settings file. A receipt of another settings file stays: those settings still start the
/// executables.
///
/// # Errors
/// If a receipt exists and cannot be removed.
pub fn remove_receipt(env: &Environment, settings: &Path) -> io::Result<()> {
    own_receipts(env, settings).try_for_each(|path| atomic_file::delete_file(&path))
}

/// Returns the paths of the receipts of a settings file, without those that are of another settings file.
fn own_receipts(env: &Environment, settings: &Path) -> impl Iterator<Item = PathBuf> {
    let is_own = |path: &PathBuf| read_receipt(path).is_none_or(|receipt| is_same_file(&receipt.file, settings));
    receipt_paths(env, settings).into_iter().filter(is_own)
}

/// Returns whether any settings file but this one has a receipt. A pending receipt counts if its change was made.
#[must_use]
pub fn has_other_receipts(env: &Environment, settings: &Path) -> bool {
    let own: Vec<PathBuf> = own_receipts(env, settings).collect();
    let counts = |path: &PathBuf| match read_receipt(path) {
        Some(receipt) if is_pending(path) => {
            find_receipt(env, &receipt.file).is_some_and(|(counting, _)| counting == *path)
        }
        _ => true,
    };
    all_receipts(env).iter().any(|path| !own.contains(path) && counts(path))
}

/// Returns the settings files that have receipts. The files need not exist.
#[must_use]
pub fn receipt_files(env: &Environment) -> Vec<PathBuf> {
    all_receipts(env).iter().filter_map(|path| Some(read_receipt(path)?.file)).collect()
}

/// Returns whether an installation made this content of some settings, or was about to make it.
#[must_use]
pub fn was_made_by_us(env: &Environment, bytes: &[u8]) -> bool {
    all_receipts(env).iter().any(|path| read_receipt(path).is_some_and(|receipt| receipt.edit.matches_text(bytes)))
}

/// Returns the time of the newest receipt: the time of the last installation that changed something.
#[must_use]
pub fn newest_receipt(env: &Environment) -> Option<std::time::SystemTime> {
    all_receipts(env).iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max()
}

fn is_pending(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIXES[1]))
}

fn all_receipts(env: &Environment) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.executables_dir()).into_iter().flatten().flatten();
    let is_receipt = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    entries.filter(|entry| is_receipt(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}
