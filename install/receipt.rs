//! What `install` noted, so that `uninstall` can give the very bytes back.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::editor;
use crate::env::Env;
use crate::places::Scope;
use crate::replace;

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

fn path(env: &Env, settings: &Path) -> PathBuf {
    env.executables().join(format!("receipt.{}", env.slug(settings)))
}

/// The receipt of a settings file, where there is one that can be read.
#[must_use]
pub fn load(env: &Env, settings: &Path) -> Option<Receipt> {
    read(env, settings).filter(|receipt| same(&receipt.file, settings))
}

fn read(env: &Env, settings: &Path) -> Option<Receipt> {
    serde_json::from_slice(&fs::read(path(env, settings)).ok()?).ok()
}

/// Whether two paths name one file, be it there or not: a config dir may have a symlink for a second name.
fn same(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    one == other || one.file_name() == other.file_name() && folder(one).is_some() && folder(one) == folder(other)
}

/// The config dir that this one was when its hooks were installed: it may have been moved since, with all in it.
#[must_use]
pub fn former(env: &Env) -> Option<PathBuf> {
    read(env, &env.settings(Scope::User))?.file.parent().map(Path::to_owned)
}

/// Notes it.
///
/// # Errors
/// Any of the file system's.
pub fn store(env: &Env, receipt: &Receipt) -> io::Result<()> {
    let mut text = serde_json::to_vec(receipt)?;
    text.push(b'\n');
    replace::write(&path(env, &receipt.file), &text, 0o600)
}

/// Forgets it; another file's stays, for the executables are still in use there.
///
/// # Errors
/// Any of the file system's but that there is none.
pub fn forget(env: &Env, settings: &Path) -> io::Result<()> {
    if read(env, settings).is_some_and(|receipt| !same(&receipt.file, settings)) {
        return Ok(());
    }
    match fs::remove_file(path(env, settings)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Whether any settings file has one.
#[must_use]
pub fn any(env: &Env) -> bool {
    let named = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("receipt."))
    };
    std::fs::read_dir(env.executables()).is_ok_and(|mut entries| entries.any(named))
}

/// When the hooks were last installed anew: the time of the newest receipt.
#[must_use]
pub fn newest(env: &Env) -> Option<std::time::SystemTime> {
    let entries = std::fs::read_dir(env.executables()).ok()?.flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("receipt."))
        .filter_map(|entry| entry.metadata().ok()?.modified().ok())
        .max()
}
