//! Whether a directory is for one user alone.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::geteuid;

/// Why a directory is not for the user of this process alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateDirFault {
    /// It is no directory.
    NotADirectory,
    /// It belongs to another user: the user's id.
    NotOurs(u32),
    /// Others may write to it: its permission bits.
    Writable(u32),
    /// Others may read it, but not write to it: its permission bits.
    Readable(u32),
}

impl PrivateDirFault {
    /// Looks at the metadata of a directory. The first fault in the order of the variants counts; `None` where there is none.
    #[must_use]
    pub fn find(metadata: &Metadata) -> Option<Self> {
        let mode = metadata.mode() & 0o7777;
        match () {
            () if !metadata.is_dir() => Some(Self::NotADirectory),
            () if metadata.uid() != geteuid().as_raw() => Some(Self::NotOurs(metadata.uid())),
            () if mode & 0o022 != 0 => Some(Self::Writable(mode)),
            () if mode & 0o077 != 0 => Some(Self::Readable(mode)),
            () => None,
        }
    }
}
