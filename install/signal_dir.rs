//! The signal directory, as install and doctor see it.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use fs_err as fs;
use rustix::process::geteuid;

/// What is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub enum SignalDirFault {
    /// Something else has its name.
    NotADirectory,
    /// Another user's: whose.
    NotOurs(u32),
    /// Others can write into it: its mode.
    Open(u32),
    /// Others can look into it: its mode. The hooks use it all the same.
    Readable(u32),
}

impl SignalDirFault {
    /// Its mode, where that is what is wrong.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        match self {
            Self::Open(mode) | Self::Readable(mode) => Some(*mode),
            Self::NotADirectory | Self::NotOurs(_) => None,
        }
    }
}

/// What is wrong with it; `None` also where there is none: the hooks make it.
#[must_use]
pub fn find_fault(path: &Path) -> Option<SignalDirFault> {
    let meta = std::fs::metadata(path).ok()?;
    let (mode, owner) = (meta.mode() & 0o7777, meta.uid());
    if !meta.is_dir() {
        Some(SignalDirFault::NotADirectory)
    } else if owner != geteuid().as_raw() {
        Some(SignalDirFault::NotOurs(owner))
    } else if mode & 0o022 != 0 {
        Some(SignalDirFault::Open(mode))
    } else {
        (mode & 0o077 != 0).then_some(SignalDirFault::Readable(mode))
    }
}

/// Closes it to others.
///
/// # Errors
/// Any of the file system's.
pub fn restrict_mode(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(0o700))
}
