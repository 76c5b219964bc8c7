//! What tells that a file was replaced or changed.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Which file it is, how long it is, and when it was modified. A file with the same stamp is not read again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    /// The length in bytes.
    pub(crate) len: u64,
    /// The modification time in seconds and nanoseconds.
    modified: (i64, i64),
}

impl FileStamp {
    /// Takes the stamp of the file at `path`. A symbolic link is not followed.
    ///
    /// # Errors
    /// The error of the system if there is no such file.
    pub fn read(path: &Path) -> io::Result<Self> {
        fs_err::symlink_metadata(path).map(|metadata| Self::of(&metadata))
    }

    /// Takes the stamp of the file that this metadata is of.
    #[must_use]
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }

    /// Returns whether both are of the same file, whatever its content was.
    #[must_use]
    pub fn is_of_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }
}
