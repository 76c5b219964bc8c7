//! The files that a killed run of `hooks` left beside the settings. Such a file may be the only copy of what another program
//! wrote, so it is never deleted unless its content is in another place, too.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::atomic_file::{MOVED_PREFIX, TEMPORARY_PREFIX, files_with_prefix, is_old};
use crate::environment::Environment;
use crate::open_writer::{self, OpenWriter};
use crate::paths::SCOPES;
use crate::refusal::Refusal;
use crate::settings_file::SettingsFile;
use crate::settings_transaction::SettingsLock;
use crate::{atomic_file, backup, receipt, settings_transaction, uninstall_plan};

/// How long after its replacement a file stays if the kernel cannot tell who has it open, and its content is in another place.
const MAX_OPEN_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a leftover file is. The order is the order of importance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftoverKind {
    /// The settings themselves. They were moved away, and there is no settings file now.
    Settings,
    /// Settings whose content is in no other place.
    OnlyCopy,
    /// A file whose content is in another place, too, or that is empty.
    Redundant,
}

/// A file that a killed run left.
pub struct Leftover {
    /// Where the file is.
    pub path: PathBuf,
    /// The settings that it lies beside.
    pub settings: SettingsFile,
    /// What the file is.
    pub kind: LeftoverKind,
    /// Whether its content is in another place, too.
    has_copy: bool,
}

/// Returns sentences on leftover files that the user should know about, whatever the command does.
#[must_use]
pub fn warnings(env: &Environment, lock: &SettingsLock) -> Vec<String> {
    let leftovers = find_leftovers(env, lock.is_held()).into_iter();
    let sentence = |leftover: Leftover| {
        let what = match leftover.kind {
            LeftoverKind::Settings => "is the settings file, which was moved away",
            _ => "contains settings that are in no backup",
        };
        let shown = env.short_path(&leftover.path);
        format!("{shown} {what}: `hooks` was killed while it changed the settings; `hooks doctor` says more")
    };
    leftovers.filter(|leftover| leftover.kind != LeftoverKind::Redundant).map(sentence).collect()
}

/// Puts a settings file back that a killed run had moved away. Returns a sentence if there was one.
///
/// # Errors
/// If the lock cannot be taken, or the file cannot be moved.
pub fn restore_settings(env: &Environment, file: &Path) -> Result<Option<String>, Refusal> {
    if file.exists() || !env.config_dir.exists() {
        return Ok(None);
    }
    let lock = settings_transaction::wait_for_lock(env)?;
    let is_moved = |leftover: &Leftover| leftover.kind == LeftoverKind::Settings && leftover.settings.path == file;
    let Some(leftover) = find_leftovers(env, lock.is_held()).into_iter().find(is_moved) else { return Ok(None) };
    put_back(&leftover)?;
    let (file, path) = (env.short_path(file), env.short_path(&leftover.path));
    Ok(Some(format!("{file} was missing: a run of `hooks` that was killed had moved it to {path}; it is now back")))
}

/// Puts a leftover file back if it is the settings, moves it to the backups if it is the only copy, and deletes it otherwise.
/// The file is examined again under the lock, because another run may be using it.
///
/// # Errors
/// If the lock cannot be taken, or the file cannot be moved or deleted.
pub fn settle_leftover(env: &Environment, path: &Path) -> Result<(), Refusal> {
    let lock = settings_transaction::wait_for_lock(env)?;
    let leftover = find_leftovers(env, lock.is_held()).into_iter().find(|leftover| leftover.path == path);
    let Some(leftover) = leftover else { return Ok(()) };
    match leftover.kind {
        LeftoverKind::Settings => put_back(&leftover)?,
        LeftoverKind::OnlyCopy => backup::rescue_to_backups(env, &leftover.settings.path, path)?,
        LeftoverKind::Redundant => fs_err::remove_file(path)?,
    }
    Ok(())
}

fn put_back(leftover: &Leftover) -> std::io::Result<()> {
    atomic_file::put_file(&leftover.path, &leftover.settings.real)?;
    atomic_file::sync_folder(&leftover.settings.real);
    Ok(())
}

/// Returns the settings of all scopes, and all settings that have receipts, as far as they can be read.
pub fn known_settings(env: &Environment) -> impl Iterator<Item = SettingsFile> {
    let mut files: Vec<PathBuf> = SCOPES.map(|scope| env.settings_path(scope)).to_vec();
    for file in receipt::receipt_files(env) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files.into_iter().filter_map(|file| SettingsFile::read_settings(&file).ok())
}

/// Finds the leftover files, the most important first. If `is_locked`, no other run of `hooks` is at work, and a new file
/// counts, too.
#[must_use]
pub fn find_leftovers(env: &Environment, is_locked: bool) -> Vec<Leftover> {
    let mut leftovers: Vec<Leftover> = Vec::new();
    for settings in known_settings(env) {
        // The path may be a symlink, so both directories are searched.
        let folders = [&settings.real, &settings.path].map(|file| file.parent()?.canonicalize().ok());
        for path in folders.into_iter().flatten().flat_map(|folder| files_with_prefix(&folder, TEMPORARY_PREFIX)) {
            if leftovers.iter().any(|other| other.path == path) {
                continue;
            }
            let Ok(settings) = SettingsFile::read_settings(&settings.path) else { continue };
            // Look for a writer first: if a program closes the file in between, all that it wrote is read.
            let writer = open_writer::find_writer(&path);
            let has_copy = has_copy(env, &path, &settings);
            let is_settings = is_moved_away(env, &path, &settings);
            let kind = classify_leftover(&path, is_settings, has_copy, writer, is_locked);
            leftovers.extend(kind.map(|kind| Leftover { path, settings, kind, has_copy }));
        }
    }
    leftovers.sort_by_key(|leftover| (leftover.kind, leftover.has_copy));
    leftovers
}

/// Returns what a file is; `None` if a process may be using it.
fn classify_leftover(
    path: &Path,
    is_settings: bool,
    has_copy: bool,
    writer: OpenWriter,
    is_locked: bool,
) -> Option<LeftoverKind> {
    if is_settings || !has_copy {
        let kind = if is_settings { LeftoverKind::Settings } else { LeftoverKind::OnlyCopy };
        return Some(kind).filter(|_| is_locked || is_old(path));
    }
    let is_closed = match writer {
        OpenWriter::Nobody => true,
        OpenWriter::Somebody => false,
        OpenWriter::Unknown => was_displaced_long_ago(path),
    };
    Some(LeftoverKind::Redundant).filter(|_| is_closed && is_old(path))
}

/// Returns whether a file is these settings, which were moved away: there is no settings file now.
///
/// Several settings may lie in one directory. Before settings are moved, their content becomes a backup of theirs. So a file whose
/// content is only a backup of other settings is a version of those.
fn is_moved_away(env: &Environment, path: &Path, settings: &SettingsFile) -> bool {
    let has_moved_name = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MOVED_PREFIX));
    if !has_moved_name || settings.seen.is_some() {
        return false;
    }
    let Ok(bytes) = std::fs::read(path) else { return false };
    let is_of_others = || !backup::has_content_of(env, &settings.path, &bytes) && backup::has_content(env, &bytes);
    !bytes.is_empty() && !is_of_others()
}

/// Returns whether the file was renamed long ago. A rename changes the `ctime` of a file.
fn was_displaced_long_ago(path: &Path) -> bool {
    let Ok(meta) = path.symlink_metadata() else { return false };
    let changed = UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).unwrap_or_default());
    SystemTime::now().duration_since(changed).is_ok_and(|age| age > MAX_OPEN_TIME)
}

/// Returns whether nothing is lost if the file is deleted: it is empty, or settings or a backup have the same content, or
/// `hooks` made the content.
fn has_copy(env: &Environment, path: &Path, settings: &SettingsFile) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    bytes.is_empty()
        || known_settings(env).any(|settings| settings.seen.is_some() && settings.bytes() == bytes)
        || backup::has_content(env, &bytes)
        || receipt::was_made_by_us(env, &bytes)
        || uninstall_plan::would_make(env, settings, &bytes)
}
