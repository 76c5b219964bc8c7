//! What `install` noted, so that `uninstall` can give the very bytes back.
//!
//! It is written before the settings are changed, as a pending one; and takes the place of an earlier one after. So
//! that of the settings as they are is there at every moment, whatever kills us.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::editor;
use crate::env::Env;
use crate::paths::Scope;
use crate::settings::Settings;
use crate::{events, replace};

/// What the files are called by.
const PREFIXES: [&str; 2] = ["receipt.", "pending."];

/// One settings file's, beside the executables.
#[derive(Serialize, Deserialize)]
pub struct Receipt {
    /// Which settings file.
    pub file: PathBuf,
    /// Whether there was none before.
    pub created: bool,
    /// Whether the scripts were to stay.
    pub keep_scripts: bool,
    /// The scripts that were taken out.
    #[serde(default)]
    pub replaced: Vec<Script>,
    /// What the editor took and put, and the hash of its result.
    pub edit: editor::Receipt,
}

/// A script that was taken out.
#[derive(Clone, Serialize, Deserialize)]
pub struct Script {
    /// What it was registered for.
    pub event: String,
    /// Its command line.
    pub command: String,
    /// The settings as they were then.
    pub backup: Option<PathBuf>,
}

fn paths(env: &Env, settings: &Path) -> [PathBuf; 2] {
    PREFIXES.map(|prefix| env.executables().join(format!("{prefix}{}", env.slug(settings))))
}

/// The receipt of a settings file as it is now, where there is one that can be read.
#[must_use]
pub fn load(env: &Env, settings: &Path) -> Option<Receipt> {
    which(env, settings).map(|(_, receipt)| receipt)
}

/// The receipt that counts, and where it lies: the one that fits the text. Where neither does, somebody has written
/// the settings since; with entries of ours in them the pending one knows more.
fn which(env: &Env, settings: &Path) -> Option<(PathBuf, Receipt)> {
    let of_file = |path: PathBuf| Some((read(&path).filter(|receipt| same(&receipt.file, settings))?, path));
    let [receipt, pending] = paths(env, settings).map(of_file);
    let found = Settings::read(settings).ok();
    let text = found.as_ref().map_or(b"".as_slice(), Settings::bytes);
    let is_ours = || editor::entries(text, &events::owned()).is_ok_and(|entries| !entries.is_empty());
    let fits = |one: &Option<(Receipt, PathBuf)>| one.as_ref().is_some_and(|(receipt, _)| receipt.edit.fits(text));
    let counts = if fits(&pending) || !fits(&receipt) && pending.is_some() && is_ours() { pending } else { receipt };
    counts.map(|(receipt, path)| (path, receipt))
}

fn read(path: &Path) -> Option<Receipt> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Whether two paths name one file, be it there or not: a config dir may have a symlink for a second name.
fn same(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    one == other || one.file_name() == other.file_name() && folder(one).is_some() && folder(one) == folder(other)
}

/// The config dir that this one was when its hooks were installed: it may have been moved since, with all in it.
#[must_use]
pub fn former(env: &Env) -> Option<PathBuf> {
    let [receipt, _] = paths(env, &env.settings(Scope::User));
    read(&receipt)?.file.parent().map(Path::to_owned)
}

/// Notes a change that is about to be made.
///
/// # Errors
/// Any of the file system's: with no receipt there is to be no change.
pub fn prepare(env: &Env, receipt: &Receipt) -> io::Result<()> {
    let mut text = serde_json::to_vec(receipt)?;
    text.push(b'\n');
    let [_, pending] = paths(env, &receipt.file);
    fs::create_dir_all(env.executables())?;
    replace::write(&pending, &text, 0o600)
}

/// Makes a pending receipt the receipt, where the settings are as it says; else the change was not made, and it goes.
/// To be called under the lock: after a change, and before one, where an earlier run may have been killed.
///
/// # Errors
/// Any of the file system's.
pub fn settle(env: &Env, settings: &Path) -> io::Result<()> {
    let [receipt, pending] = paths(env, settings);
    if !pending.exists() {
        return Ok(());
    }
    if which(env, settings).is_some_and(|(path, _)| path == pending) {
        fs::rename(&pending, &receipt)?;
        replace::sync_folder(&receipt);
        return Ok(());
    }
    fs::remove_file(&pending)
}

/// Forgets it; another file's stays, for the executables are still in use there.
///
/// # Errors
/// Any of the file system's but that there is none.
pub fn forget(env: &Env, settings: &Path) -> io::Result<()> {
    for path in paths(env, settings) {
        if read(&path).is_some_and(|receipt| !same(&receipt.file, settings)) {
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
pub fn any(env: &Env) -> bool {
    let counts = |path: &PathBuf| match read(path) {
        Some(receipt) if is_pending(path) => which(env, &receipt.file).is_some_and(|(counts, _)| counts == *path),
        _ => true,
    };
    all(env).iter().any(counts)
}

/// The settings files that there are receipts of, be they there or not.
#[must_use]
pub fn files(env: &Env) -> Vec<PathBuf> {
    all(env).iter().filter_map(|path| Some(read(path)?.file)).collect()
}

/// Whether these bytes are what an installation made, or was about to make, of some settings.
#[must_use]
pub fn made(env: &Env, bytes: &[u8]) -> bool {
    all(env).iter().any(|path| read(path).is_some_and(|receipt| receipt.edit.fits(bytes)))
}

/// When the hooks were last installed anew: the time of the newest receipt.
#[must_use]
pub fn newest(env: &Env) -> Option<std::time::SystemTime> {
    all(env).iter().filter_map(|path| path.metadata().ok()?.modified().ok()).max()
}

fn is_pending(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIXES[1]))
}

fn all(env: &Env) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.executables()).into_iter().flatten().flatten();
    let is_one = |name: &str| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    entries.filter(|entry| is_one(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}
