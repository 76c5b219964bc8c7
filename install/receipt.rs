//! What `install` noted, so that `uninstall` can give the very bytes back.
//!
//! It is written before the settings are changed, as a pending one; and takes the place of an earlier one after. So
//! that of the settings as they are is there at every moment, whatever kills us.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor;
use crate::settings_file::SettingsFile;
use crate::{atomic_file, supported_events};

/// What the files are called by.
const PREFIXES: [&str; 2] = ["receipt.", "pending."];

/// One settings file's, beside the executables.
#[derive(Serialize, Deserialize)]
pub struct InstallReceipt {
    /// Which settings file.
    pub file: PathBuf,
    /// Whether there was none before.
    pub created: bool,
    /// Whether the scripts were to stay.
    pub keep_scripts: bool,
    /// The scripts that were taken out.
    #[serde(default)]
    pub replaced: Vec<ReplacedScriptNote>,
    /// What the editor took and put, and the hash of its result.
    pub edit: settings_editor::EditReceipt,
}

/// A script that was taken out.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReplacedScriptNote {
    /// What it was registered for.
    pub event: String,
    /// Its command line.
    pub command: String,
    /// The settings as they were then.
    pub backup: Option<PathBuf>,
}

fn receipt_paths(env: &Environment, settings: &Path) -> [PathBuf; 2] {
    PREFIXES.map(|prefix| env.executables_dir().join(format!("{prefix}{}", env.settings_slug(settings))))
}

/// The receipt of a settings file as it is now, where there is one that can be read.
#[must_use]
pub fn load_receipt(env: &Environment, settings: &Path) -> Option<InstallReceipt> {
    find_receipt(env, settings).map(|(_, receipt)| receipt)
}

/// The receipt that counts, and where it lies: the one that fits the text. Where neither does, somebody has written
/// the settings since; with entries of ours in them the pending one knows more.
fn find_receipt(env: &Environment, settings: &Path) -> Option<(PathBuf, InstallReceipt)> {
    let of_file =
        |path: PathBuf| Some((read_receipt(&path).filter(|receipt| is_same_file(&receipt.file, settings))?, path));
    let [receipt, pending] = receipt_paths(env, settings).map(of_file);
    let found = SettingsFile::read_settings(settings).ok();
    let text = found.as_ref().map_or(b"".as_slice(), SettingsFile::bytes);
    let is_ours = || {
        settings_editor::own_entries(text, &supported_events::owned_names()).is_ok_and(|entries| !entries.is_empty())
    };
    let fits = |one: &Option<(InstallReceipt, PathBuf)>| {
        one.as_ref().is_some_and(|(receipt, _)| receipt.edit.matches_text(text))
    };
    let counts = if fits(&pending) || !fits(&receipt) && pending.is_some() && is_ours() { pending } else { receipt };
    counts.map(|(receipt, path)| (path, receipt))
}

fn read_receipt(path: &Path) -> Option<InstallReceipt> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Whether two paths name one file, be it there or not: a config dir may have a symlink for a second name.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    one == other || one.file_name() == other.file_name() && folder(one).is_some() && folder(one) == folder(other)
}

/// The config dir that this one was when its hooks were installed: it may have been moved since, with all in it.
#[must_use]
pub fn former_settings(env: &Environment) -> Option<PathBuf> {
    let [receipt, _] = receipt_paths(env, &env.settings_path(Scope::User));
    read_receipt(&receipt)?.file.parent().map(Path::to_owned)
}

/// Notes a change that is about to be made.
///
/// # Errors
/// Any of the file system's: with no receipt there is to be no change.
pub fn prepare_receipt(env: &Environment, receipt: &InstallReceipt) -> io::Result<()> {
    let mut text = serde_json::to_vec(receipt)?;
    text.push(b'\n');
    let [_, pending] = receipt_paths(env, &receipt.file);
    fs::create_dir_all(env.executables_dir())?;
    atomic_file::write_file(&pending, &text, 0o600)
}

/// Makes a pending receipt the receipt, where the settings are as it says; else the change was not made, and it goes.
/// To be called under the lock: after a change, and before one, where an earlier run may have been killed.
///
/// # Errors
/// Any of the file system's.
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

/// Forgets it; another file's stays, for the executables are still in use there.
///
/// # Errors
/// Any of the file system's but that there is none.
pub fn remove_receipt(env: &Environment, settings: &Path) -> io::Result<()> {
    for path in receipt_paths(env, settings) {
        if read_receipt(&path).is_some_and(|receipt| !is_same_file(&receipt.file, settings)) {
            continue;
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    Ok(())
}

/// Whether any settings file has one. What is pending counts where its change was made.
#[must_use]
pub fn has_receipts(env: &Environment) -> bool {
    let counts = |path: &PathBuf| match read_receipt(path) {
        Some(receipt) if is_pending(path) => {
            find_receipt(env, &receipt.file).is_some_and(|(counts, _)| counts == *path)
        }
        _ => true,
    };
    all_receipts(env).iter().any(counts)
}

/// The settings files that there are receipts of, be they there or not.
#[must_use]
pub fn receipt_files(env: &Environment) -> Vec<PathBuf> {
    all_receipts(env).iter().filter_map(|path| Some(read_receipt(path)?.file)).collect()
}

/// Whether these bytes are what an installation made, or was about to make, of some settings.
#[must_use]
pub fn was_made_by_us(env: &Environment, bytes: &[u8]) -> bool {
    all_receipts(env).iter().any(|path| read_receipt(path).is_some_and(|receipt| receipt.edit.matches_text(bytes)))
}

/// When the hooks were last installed anew: the time of the newest receipt.
#[must_use]
pub fn newest_receipt(env: &Environment) -> Option<std::time::SystemTime> {
    all_receipts(env).iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max()
}

fn is_pending(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIXES[1]))
}

fn all_receipts(env: &Environment) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.executables_dir()).into_iter().flatten().flatten();
    let is_one = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    entries.filter(|entry| is_one(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}
