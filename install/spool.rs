//! The signal directory, as install and doctor see it.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use fs_err as fs;
use rustix::process::geteuid;

/// What is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something else has its name.
    NotADirectory,
    /// Another user's: whose.
    NotOurs(u32),
    /// Others can write into it: its mode.
    Open(u32),
}

/// Why the hooks would refuse it; `None` also where there is none: they make it.
#[must_use]
pub fn fault(path: &Path) -> Option<Fault> {
    let meta = std::fs::metadata(path).ok()?;
    let (mode, owner) = (meta.mode() & 0o7777, meta.uid());
    if !meta.is_dir() {
        Some(Fault::NotADirectory)
    } else if owner != geteuid().as_raw() {
        Some(Fault::NotOurs(owner))
    } else {
        (mode & 0o022 != 0).then_some(Fault::Open(mode))
    }
}

/// Closes it to others.
///
/// # Errors
/// Any of the file system's.
pub fn tighten(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(0o700))
}
