//! Whether a directory is private to one user.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::geteuid;

/// Why a directory is not private to the user of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateDirFault {
    /// The file is not a directory.
    NotADirectory,
    /// The directory belongs to the user with this id.
    NotOurs(u32),
    /// Other users may write to the directory. It has these permission bits.
    Writable(u32),
    /// Other users may read the directory, but not write to it. It has these permission bits.
    Readable(u32),
}

impl PrivateDirFault {
    /// Returns the first fault of a directory with this metadata, in the order of the variants; `None` if there is none.
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
