//! Reads files that another program may have put there: nothing blocks, the size is limited, and no symbolic link is followed,
//! except by [`read_linked`].
//!
//! This module is for the executables of session-signals. Its items may change in any version.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;

/// The content of a regular file, and when it was modified.
pub struct FileContent {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The modification time.
    pub modified: SystemTime,
}

/// Opens a regular file for reading. A FIFO does not block, and a symbolic link is not followed.
///
/// # Errors
/// The error of the system if the file cannot be opened; `InvalidInput` if it is not a regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    open_regular_with(path, OFlags::RDONLY, Mode::empty())
}

/// Opens a regular file with these flags. A file that is created gets this mode.
///
/// # Errors
/// As for [`open_regular`].
pub fn open_regular_with(path: &Path, flags: OFlags, mode: Mode) -> io::Result<File> {
    open_with_metadata(path, flags, mode).map(|(file, _)| file)
}

fn open_with_metadata(path: &Path, flags: OFlags, mode: Mode) -> io::Result<(File, Metadata)> {
    let safe_flags = OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from_parts(openat(CWD, path, flags | safe_flags, mode)?.into(), path);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok((file, metadata))
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// The errors of [`open_regular`], the error of the system if the file cannot be read, and `FileTooLarge` if it is larger.
pub fn read_regular(path: &Path, limit: u64) -> io::Result<FileContent> {
    let (file, metadata) = open_with_metadata(path, OFlags::RDONLY, Mode::empty())?;
    let bytes = read_whole(&file, metadata.len(), limit + 1)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
    }
    Ok(FileContent { bytes, modified: metadata.modified()? })
}

/// Reads a regular file as [`read_regular`] does, or the regular file to which a symbolic link leads. This is for files that their
/// user may replace by a link, and of which nothing private is shown.
///
/// # Errors
/// The errors of [`read_regular`], and the error of the system if the link leads nowhere.
pub fn read_linked(path: &Path, limit: u64) -> io::Result<FileContent> {
    match read_regular(path, limit) {
        Err(error) if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            read_regular(&fs_err::canonicalize(path)?, limit)
        }
        content => content,
    }
}

/// Reads a regular file of about `len` bytes, at most `limit` bytes of it. One call is enough if the length is right: a read that
/// returns less than what was asked for is at the end of the file.
fn read_whole(file: &File, len: u64, limit: u64) -> io::Result<Vec<u8>> {
    let room = usize::try_from(len.min(limit)).unwrap_or_default() + 1;
    let mut bytes = vec![0; room];
    let read = loop {
        match (&mut &*file).read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    bytes.truncate(read);
    if read == room {
        // It has grown meanwhile.
        file.take(limit.saturating_sub(read as u64)).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Returns the names in a directory. If the directory cannot be read, adds a sentence to `unreadable`. A directory that does not
/// exist has no names.
pub fn list_names(directory: &Path, unreadable: &mut Vec<String>) -> Vec<OsString> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        // A symbolic link to nothing is not a missing directory.
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

/// Returns a sentence about a file that is there and could not be read. `None` if it was removed meanwhile, or if it is not a file
/// that the CLI or a hook would write: a directory, a symbolic link, a device, or a file that is too large.
#[must_use]
pub fn describe_failure(path: &Path, error: &io::Error) -> Option<String> {
    let is_ignored =
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidInput | io::ErrorKind::FileTooLarge);
    // A socket gives NXIO on Linux and OPNOTSUPP on macOS.
    let special = [Errno::LOOP, Errno::NXIO, Errno::NODEV, Errno::OPNOTSUPP];
    let is_special = special.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()));
    (!is_ignored && !is_special).then(|| cannot_read(path, error))
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
