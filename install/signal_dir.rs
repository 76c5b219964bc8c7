//! The permissions of the signal directory.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fs_err as fs;
use session_signals_cli::PrivateDirFault;

/// Returns what is wrong with the permissions of the signal directory. A directory that does not exist has no fault: the
/// hooks make it.
#[must_use]
pub fn find_fault(path: &Path) -> Option<PrivateDirFault> {
    PrivateDirFault::find(&std::fs::metadata(path).ok()?)
}

/// Takes all permissions on the directory from other users.
///
/// # Errors
/// If the file system refuses the change.
pub fn restrict_mode(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(0o700))
}
