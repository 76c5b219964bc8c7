//! Reads a file that somebody else may have put there.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// A regular file's content, and when it was modified.
pub struct FileContent {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The modification time.
    pub modified: SystemTime,
}

/// Opens a regular file for reading. A FIFO does not block, and a symbolic link is not followed.
///
/// # Errors
/// As for opening; and where it is something else.
pub fn open_regular(path: &Path) -> io::Result<File> {
    open_regular_with(path, OFlags::RDONLY, Mode::empty())
}

/// The same with these flags, and with this mode for a file that is made.
///
/// # Errors
/// As for [`open_regular`].
pub fn open_regular_with(path: &Path, flags: OFlags, mode: Mode) -> io::Result<File> {
    let safe = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from_parts(openat(CWD, path, flags | safe, mode)?.into(), path);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// As for [`open`]; and where it is larger.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<FileContent> {
    let file = open_regular(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or_default() + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
    }
    Ok(FileContent { bytes, modified: metadata.modified()? })
}

/// The names in a directory; what could not be read is added to `unreadable`. A directory that is not there has none.
pub fn list_names(directory: &Path, unreadable: &mut Vec<String>) -> Vec<OsString> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        // A symbolic link to nothing is something.
        Err(error) if error.kind() == io::ErrorKind::NotFound && directory.symlink_metadata().is_err() => {
            return Vec::new();
        }
        Err(error) => {
            unreadable.push(cannot_read(directory, &error));
            return Vec::new();
        }
    };
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => names.push(entry.file_name()),
            Err(error) => {
                unreadable.push(cannot_read(directory, &error));
                break;
            }
        }
    }
    names
}

/// What to tell of a file that is there and could not be read; `None` where it has gone since, or is no file that
/// the CLI or a hook would write: a directory, a symbolic link, one that is too large.
pub fn describe_failure(path: &Path, error: &io::Error) -> Option<String> {
    let is_none =
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput | io::ErrorKind::FileTooLarge);
    let is_strange = [Errno::LOOP, Errno::NXIO, Errno::NODEV]
        .iter()
        .any(|strange| error.raw_os_error() == Some(strange.raw_os_error()));
    (!is_none && !is_strange).then(|| cannot_read(path, error))
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
