//! The temporary files of `hooks`: how they are named, written and found again.

use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::{NamedTempFile, TempPath};

use super::seen_file::SeenFile;
use crate::file_mode;

/// The prefix of a temporary file. Doctor finds by it the files that a killed run left.
pub const TEMPORARY_PREFIX: &str = ".session-signals.";

/// The prefix of a file that was moved away before its replacement was in place.
pub const MOVED_PREFIX: &str = ".session-signals.moved.";

/// A temporary file that nobody has written to for this long was left by a process that no longer runs.
const MIN_AGE: Duration = Duration::from_secs(60);

/// Writes a file with this mode, in place of another or as a new one.
///
/// # Errors
/// If the file system refuses a step. Nothing is left behind then.
pub fn write_file(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_temporary(path, bytes, mode, None)?;
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    temporary.persist(path).map_err(|error| named(error.error))?;
    sync_folder(path);
    Ok(())
}

/// Writes a temporary file beside `path`, and waits until it is on the disk. It gets the owner and the attributes of `like`,
/// and this mode.
///
/// # Errors
/// If the file system refuses a step, or the owner or an attribute cannot be kept.
pub fn write_temporary(path: &Path, bytes: &[u8], mode: u32, like: Option<&SeenFile>) -> io::Result<TempPath> {
    let folder = folder_of(path);
    let named = |error: io::Error| io::Error::new(error.kind(), format!("a file in {}: {error}", folder.display()));
    let mut file: NamedTempFile =
        tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    if let Some(SeenFile { owner: (user, group), attributes, .. }) = like {
        let meta = file.as_file().metadata()?;
        if (meta.uid(), meta.gid()) != (*user, *group) {
            fchown(file.as_file(), Some(*user), Some(*group)).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("{} cannot keep its owner {user}:{group}: {error}", path.display()),
                )
            })?;
        }
        attributes.copy_to(file.path(), path)?;
    }
    // The mode comes last: a change of owner clears some of its bits, and an access list changes those of the group.
    file_mode::set_mode(file.path(), mode)?;
    file.as_file().sync_all().map_err(named)?;
    Ok(file.into_temp_path())
}

/// Deletes a file. A file that does not exist is no error.
///
/// # Errors
/// If the file exists and cannot be deleted.
pub fn delete_file(path: &Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Makes an empty file beside `path`. Another file can then be moved over it: no other program takes its name.
///
/// # Errors
/// If the file system refuses the file.
pub fn reserve_name(path: &Path, prefix: &str) -> io::Result<TempPath> {
    Ok(tempfile::Builder::new().prefix(prefix).tempfile_in(folder_of(path))?.into_temp_path())
}

/// Waits until a rename in the directory of `path` is on the disk. Some file systems cannot do this. The rename is done in any
/// case, so an error is ignored.
pub fn sync_folder(path: &Path) {
    let _ = std::fs::File::open(folder_of(path)).and_then(|folder| folder.sync_all());
}

/// Returns the regular files of a directory whose names begin with this prefix, sorted.
#[must_use]
pub fn files_with_prefix(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file && entry.file_name().to_string_lossy().starts_with(prefix)
    });
    let mut files: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Returns whether nobody has written to the file for a minute.
#[must_use]
pub fn is_old(path: &Path) -> bool {
    let modified = path.symlink_metadata().and_then(|meta| meta.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > MIN_AGE))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}
