//! The settings as they were, kept beside nothing that globs them.

use std::fs::{File, FileTimes};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;

use crate::atomic_file;
use crate::environment::Environment;
use crate::file_attributes::ACCESS_LIST;
use crate::open_writer::{self, OpenWriter};

/// How many are kept of each file.
const KEPT_BACKUPS: usize = 10;

/// What the name of a file begins with that [`keep`] put there. These are never let go of.
const SET_ASIDE_PREFIX: &str = "aside.";

/// Saves `bytes` of the file `settings` as `<config dir>/backups/NAME.TIME`, TIME in milliseconds since the epoch,
/// and lets go of the oldest; but not of one that was written to after that time.
///
/// # Errors
/// Any of the file system's: with no backup there is to be no change.
pub fn save_backup(env: &Environment, settings: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = env.backups_dir();
    fs::create_dir_all(&folder)?;
    let name = env.settings_slug(settings);
    let (path, time) = free_name(&folder, &name, SystemTime::now());
    // Settings hold tokens: ours alone, whatever the original's mode.
    atomic_file::write_file(&path, bytes, 0o600)?;
    // Whoever writes to it later is told by its time.
    let _ = File::options().write(true).open(&path).and_then(|file| file.set_modified(time));
    for (time, old) in backups_of(&folder, &name)?.iter().rev().skip(KEPT_BACKUPS) {
        if !is_written_late(*time, old) {
            fs::remove_file(old)?;
        }
    }
    Ok(path)
}

/// Makes the file that was replaced, which lies at `held`, the backup itself: whoever has it open writes to what is
/// kept. Where the backup is on another file system, or the file has another name, it only loses this one; unless
/// somebody may have it open: then it stays where it lies, which is told.
pub fn retire_displaced(held: &Path, backup: Option<&Path>) -> Option<PathBuf> {
    let is_kept = backup.is_some_and(|backup| become_backup(held, backup).is_ok());
    let is_gone = is_kept || atomic_file::discard_displaced(held).unwrap_or(false);
    atomic_file::sync_folder(held);
    (!is_gone).then(|| held.to_owned())
}

fn become_backup(held: &Path, backup: &Path) -> io::Result<()> {
    let meta = std::fs::symlink_metadata(held)?;
    if meta.nlink() != 1 {
        return Err(io::ErrorKind::Unsupported.into());
    }
    std::fs::set_permissions(held, PermissionsExt::from_mode(0o600))?;
    let _ = rustix::fs::removexattr(held, ACCESS_LIST);
    // A clock of another computer, or one that went back, is no later writer.
    let time = backup_time(backup).map(from_millis);
    if let (Some(time), Ok(modified)) = (time, meta.modified())
        && modified > time
    {
        File::open(held)?.set_times(FileTimes::new().set_modified(time))?;
    }
    std::fs::rename(held, backup)?;
    atomic_file::sync_folder(backup);
    Ok(())
}

/// Where [`keep`] puts what lies at `left`.
#[must_use]
pub fn place_for_left(env: &Environment, settings: &Path, left: &Path) -> PathBuf {
    let time = left.symlink_metadata().and_then(|meta| meta.modified()).unwrap_or(UNIX_EPOCH);
    free_name(&env.backups_dir(), &format!("{SET_ASIDE_PREFIX}{}", env.settings_slug(settings)), time).0
}

/// Moves what another program wrote, and is nowhere else, to the backups, for good; where it lies then. The file stays
/// where it is where that cannot be done without a copy.
pub fn keep_left(env: &Environment, settings: &Path, left: &Path) -> PathBuf {
    let place = place_for_left(env, settings, left);
    let moved = fs::create_dir_all(env.backups_dir()).and_then(|()| fs::rename(left, &place));
    if moved.is_err() {
        return left.to_owned();
    }
    atomic_file::sync_folder(&place);
    place
}

/// The same, by a copy where it has to be; the file then goes once nobody can write to it any more.
///
/// # Errors
/// Any of the file system's: then it stays where it is.
pub fn rescue_left(env: &Environment, settings: &Path, left: &Path) -> io::Result<()> {
    let place = place_for_left(env, settings, left);
    if keep_left(env, settings, left) == left {
        fs::create_dir_all(env.backups_dir())?;
        // Before the reading: who closes it in between has written all of what is read.
        let writer = open_writer::find_writer(left);
        atomic_file::write_file(&place, &fs::read(left)?, 0o600)?;
        if writer == OpenWriter::Nobody {
            fs::remove_file(left)?;
        }
    } else {
        fs::set_permissions(&place, PermissionsExt::from_mode(0o600))?;
        let _ = rustix::fs::removexattr(&place, ACCESS_LIST);
    }
    Ok(())
}

/// Whether some backup holds these bytes.
#[must_use]
pub fn has_content(env: &Environment, bytes: &[u8]) -> bool {
    backup_files(env).iter().any(|path| std::fs::read(path).is_ok_and(|backup| backup == bytes))
}

/// The backups that somebody wrote to after they were made.
#[must_use]
pub fn written_late(env: &Environment) -> Vec<PathBuf> {
    let is_late = |path: &PathBuf| backup_time(path).is_some_and(|time| is_written_late(time, path));
    backup_files(env).into_iter().filter(is_late).collect()
}

/// All files among the backups that are ours, or could be.
fn backup_files(env: &Environment) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(env.backups_dir()).into_iter().flatten().flatten();
    let ours = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with(atomic_file::TEMPORARY_PREFIX));
    let mut found: Vec<PathBuf> = ours.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    found.sort();
    found
}

/// A name that nothing has yet, and the time in it.
fn free_name(folder: &Path, name: &str, time: SystemTime) -> (PathBuf, SystemTime) {
    let mut time = time.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    loop {
        let path = folder.join(format!("{name}.{time}"));
        if !path.exists() {
            return (path, from_millis(time));
        }
        time += 1;
    }
}

fn from_millis(time: u128) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time).unwrap_or_default())
}

/// The time in the name of a backup of ours: after the settings' own name, or a path with its hash.
fn backup_time(backup: &Path) -> Option<u128> {
    let (name, time) = backup.file_name()?.to_str()?.rsplit_once('.')?;
    let is_hash = |hash: &str| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_ours = ["settings.json", "settings.local.json"].contains(&name)
        || !name.starts_with(SET_ASIDE_PREFIX) && name.rsplit_once('-').is_some_and(|(_, hash)| is_hash(hash));
    time.parse().ok().filter(|_| is_ours && time.len() >= 13)
}

fn is_written_late(time: u128, path: &Path) -> bool {
    path.symlink_metadata().and_then(|meta| meta.modified()).is_ok_and(|modified| modified > from_millis(time))
}

/// Those of one file, the oldest first.
fn backups_of(folder: &Path, name: &str) -> io::Result<Vec<(u128, PathBuf)>> {
    let mut found: Vec<(u128, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let time = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.parse().ok());
        found.extend(time.map(|time| (time, entry.path())));
    }
    found.sort();
    Ok(found)
}
