//! Asks the system what this process may do with directories.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::environment::Environment;
use crate::refusal::Refusal;

/// Returns why this process may not list this directory and change what is in it; `None` if it may.
#[must_use]
pub fn find_refusal(folder: &Path) -> Option<io::Error> {
    access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).err().map(io::Error::from)
}

/// Returns what keeps this process from making a file in a folder, and why. A folder that does not exist yet is made in its nearest
/// parent that exists.
#[must_use]
pub fn find_obstacle(folder: &Path) -> Option<(PathBuf, io::Error)> {
    let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok())?;
    let error = match existing.metadata() {
        Ok(meta) if meta.is_dir() => access(existing, Access::WRITE_OK | Access::EXEC_OK).err()?.into(),
        Ok(_) => Errno::NOTDIR.into(),
        Err(error) => error,
    };
    Some((existing.to_owned(), error))
}

/// Refuses to work with a folder in which this process cannot make a file.
///
/// # Errors
/// If that is so.
pub fn refuse_unwritable(env: &Environment, folder: &Path) -> Result<(), Refusal> {
    match find_obstacle(folder) {
        None => Ok(()),
        Some((_, error)) => Err(Refusal::new(format!("{} cannot be written ({error})", env.short_path(folder)))),
    }
}
