//! Reads a file that somebody else may have put there.

use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;
use rustix::fs::{CWD, Mode, OFlags, openat};

/// A regular file's content, and when it was modified.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The modification time.
    pub modified: SystemTime,
}

/// Opens a regular file; a FIFO does not hold it up, a symbolic link is not followed.
///
/// # Errors
/// As for opening; and where it is something else.
pub fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from_parts(openat(CWD, path, flags, Mode::empty())?.into(), path);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// As for [`open`]; and where it is larger.
pub fn read(path: &Path, limit: u64) -> io::Result<Content> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or_default() + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
    }
    Ok(Content { bytes, modified: metadata.modified()? })
}
