//! Sets the permissions of files, also on file systems that keep none.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use fs_err as fs;
use rustix::process::geteuid;

/// Gives a file of ours these permissions.
///
/// A file system without permissions, for example a drive of Windows in WSL, refuses this to the owner of a file, too. The file then
/// keeps the permissions that this file system shows for every file, and that is no error.
///
/// # Errors
/// If the file system refuses the change for another reason.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let is_refused =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported);
    match fs::set_permissions(path, PermissionsExt::from_mode(mode)) {
        Err(error) if is_refused(&error) && fs::metadata(path)?.uid() == geteuid().as_raw() => Ok(()),
        result => result,
    }
}

/// Returns whether a new directory in this one would be open to other users, because the file system shows the same permissions for
/// all of its files. Nothing is made where nobody else may write: there, the answer is no.
#[must_use]
pub fn opens_new_directories(folder: &Path) -> bool {
    let is_open = |folder: &Path| fs::metadata(folder).is_ok_and(|meta| meta.permissions().mode() & 0o022 != 0);
    is_open(folder) && tempfile::tempdir_in(folder).is_ok_and(|made| is_open(made.path()))
}
