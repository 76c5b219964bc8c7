//! The backups of the settings, in a directory of their own.

use std::fs::{File, FileTimes};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;

use crate::environment::Environment;
use crate::file_attributes::ACCESS_LIST;
use crate::open_writer::{self, OpenWriter};
use crate::{atomic_file, file_mode};

/// How many backups of each settings file are kept.
const MAX_BACKUPS: usize = 10;

/// The prefix of a file that [`move_to_backups`] put among the backups. Such a file is never deleted.
const LEFTOVER_PREFIX: &str = "aside.";

/// Saves `bytes` of the file `settings` as `<config dir>/backups/NAME.TIME`. TIME is in milliseconds since the epoch. Then
/// deletes the oldest backups of that file, except those that a program wrote to after they were made.
///
/// # Errors
/// If the file system refuses a step. The settings must not be changed then.
pub fn save_backup(env: &Environment, settings: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = env.backups_dir();
    fs::create_dir_all(&folder)?;
    let name = env.settings_slug(settings);
    let (path, time) = free_name(&folder, &name, SystemTime::now());
    // Settings contain tokens, so only their owner may read the backup, whatever the mode of the settings is.
    atomic_file::write_file(&path, bytes, 0o600)?;
    // If the file is modified after the time in its name, a program wrote to it later.
    let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(time));
    for (time, old) in backups_of(&folder, &name)?.iter().rev().skip(MAX_BACKUPS) {
        if !is_written_late(*time, old) {
            fs::remove_file(old)?;
        }
    }
    Ok(path)
}

/// Makes the replaced file itself the backup, so that a program that still has it open writes to a file that is kept.
///
/// This is not possible if the backup is on another file system or the file has another name. The file is then deleted, or
/// stays where it is if a program may have it open; its path is returned in that case.
pub fn retire_displaced(displaced: &Path, backup: Option<&Path>) -> Option<PathBuf> {
    let is_backup = backup.is_some_and(|backup| become_backup(displaced, backup).is_ok());
    let is_gone = is_backup || atomic_file::discard_displaced(displaced).unwrap_or(false);
    atomic_file::sync_folder(displaced);
    (!is_gone).then(|| displaced.to_owned())
}

fn become_backup(displaced: &Path, backup: &Path) -> io::Result<()> {
    let meta = std::fs::symlink_metadata(displaced)?;
    if meta.nlink() != 1 {
        return Err(io::ErrorKind::Unsupported.into());
    }
    make_private(displaced)?;
    // A time in the future comes from another clock. It does not mean that a program wrote to the file later.
    let time = backup_time(backup).map(from_millis);
    if let (Some(time), Ok(modified)) = (time, meta.modified())
        && modified > time
    {
        File::open(displaced)?.set_times(FileTimes::new().set_modified(time))?;
    }
    std::fs::rename(displaced, backup)?;
    atomic_file::sync_folder(backup);
    Ok(())
}

/// Returns the path to which [`move_to_backups`] moves a file that was left beside these settings.
#[must_use]
pub fn leftover_destination(env: &Environment, settings: &Path, leftover: &Path) -> PathBuf {
    let time = leftover.symlink_metadata().and_then(|meta| meta.modified()).unwrap_or(UNIX_EPOCH);
    free_name(&env.backups_dir(), &format!("{LEFTOVER_PREFIX}{}", env.settings_slug(settings)), time).0
}

/// Moves a file to the backups that another program wrote and that no other file equals. It stays there for good. Returns
/// where the file is then: it stays where it is if the file system can only copy it.
pub fn move_to_backups(env: &Environment, settings: &Path, leftover: &Path) -> PathBuf {
    let destination = leftover_destination(env, settings, leftover);
    let moved = fs::create_dir_all(env.backups_dir()).and_then(|()| fs::rename(leftover, &destination));
    if moved.is_err() {
        return leftover.to_owned();
    }
    // The file is where it must stay. If its mode cannot be changed, the directory still has the mode that its owner chose.
    let _ = make_private(&destination);
    atomic_file::sync_folder(&destination);
    destination
}

/// Moves or copies such a file to the backups. After a copy the file is deleted, unless a program may have it open.
///
/// # Errors
/// If the file system refuses a step. The file stays where it is then.
pub fn rescue_to_backups(env: &Environment, settings: &Path, leftover: &Path) -> io::Result<()> {
    if move_to_backups(env, settings, leftover) == leftover {
        let destination = leftover_destination(env, settings, leftover);
        fs::create_dir_all(env.backups_dir())?;
        // Look for a writer first: if a program closes the file in between, all that it wrote is read.
        let writer = open_writer::find_writer(leftover);
        atomic_file::write_file(&destination, &fs::read(leftover)?, 0o600)?;
        if writer == OpenWriter::Nobody {
            fs::remove_file(leftover)?;
        }
    }
    Ok(())
}

/// Lets only the owner of a file read it: settings contain tokens.
fn make_private(path: &Path) -> io::Result<()> {
    file_mode::set_mode(path, 0o600)?;
    let _ = rustix::fs::removexattr(path, ACCESS_LIST);
    Ok(())
}

/// Returns whether a backup has this content.
#[must_use]
pub fn has_content(env: &Environment, bytes: &[u8]) -> bool {
    backup_files(env).iter().any(|path| std::fs::read(path).is_ok_and(|backup| backup == bytes))
}

/// Returns whether a backup of these settings has this content.
#[must_use]
pub fn has_content_of(env: &Environment, settings: &Path, bytes: &[u8]) -> bool {
    let backups = backups_of(&env.backups_dir(), &env.settings_slug(settings)).unwrap_or_default();
    backups.iter().any(|(_, path)| std::fs::read(path).is_ok_and(|backup| backup == bytes))
}

/// Returns the backups that a program wrote to after they were made.
#[must_use]
pub fn written_late(env: &Environment) -> Vec<PathBuf> {
    let is_late = |path: &PathBuf| backup_time(path).is_some_and(|time| is_written_late(time, path));
    backup_files(env).into_iter().filter(is_late).collect()
}

/// Returns the files of the backup directory, except temporary ones, sorted. Not all of them are backups of `hooks`.
fn backup_files(env: &Environment) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.backups_dir()).into_iter().flatten().flatten();
    let is_temporary =
        |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with(atomic_file::TEMPORARY_PREFIX);
    let paths = entries.filter(|entry| !is_temporary(entry)).map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

/// Returns a path `folder/name.TIME` that no file has, and its time: the given one or the next free millisecond.
fn free_name(folder: &Path, name: &str, time: SystemTime) -> (PathBuf, SystemTime) {
    let mut millis = time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    loop {
        let path = folder.join(format!("{name}.{millis}"));
        if !path.exists() {
            return (path, from_millis(millis));
        }
        millis += 1;
    }
}

fn from_millis(millis: u128) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// Returns the time in the name of a backup, in milliseconds; `None` if the name is not one that [`save_backup`] gives.
fn backup_time(backup: &Path) -> Option<u128> {
    let (name, time) = backup.file_name()?.to_str()?.rsplit_once('.')?;
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ours = ["settings.json", "settings.local.json"].contains(&name)
        || !name.starts_with(LEFTOVER_PREFIX) && name.rsplit_once('-').is_some_and(|(_, hash)| is_hash(hash));
    time.parse().ok().filter(|_| is_ours && time.len() >= 13)
}

fn is_written_late(millis: u128, path: &Path) -> bool {
    path.symlink_metadata().and_then(|meta| meta.modified()).is_ok_and(|modified| modified > from_millis(millis))
}

/// Returns the backups of one settings file, the oldest first.
fn backups_of(folder: &Path, name: &str) -> io::Result<Vec<(u128, PathBuf)>> {
    let mut backups: Vec<(u128, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let time = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.parse().ok());
        backups.extend(time.map(|time| (time, entry.path())));
    }
    backups.sort();
    Ok(backups)
}
