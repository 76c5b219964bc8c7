//! Files and directories.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::call::{errno, retry};
use super::process::geteuid;
#[cfg(target_os = "macos")]
use crate::system::macos;
use crate::system::{Access, Errno, Metadata, Result};
use crate::text::Terminated;
use crate::time::Time;

/// The error of a call that std does not have.
#[cfg(not(target_os = "macos"))]
const ENOSYS: Errno = Errno(38);

fn path(name: Terminated<'_>) -> &Path {
    let name = name.bytes().split(|&byte| byte == 0).next().unwrap_or_default();
    Path::new(OsStr::from_bytes(name))
}

/// Reads from the start of a file until the buffer is full or the file ends. Returns how many bytes were read.
///
/// # Errors
/// If the file cannot be opened or read.
pub fn read_path(name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    read_file(path(name), buffer)
}

fn read_file(path: &Path, buffer: &mut [u8]) -> Result<usize> {
    let mut file = retry(|| fs::File::open(path))?;
    let mut len = 0;
    while len < buffer.len() {
        match retry(|| file.read(&mut buffer[len..]))? {
            0 => break,
            count => len += count,
        }
    }
    Ok(len)
}

/// An open file; closed when dropped.
pub struct File(fs::File);

impl File {
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// If not all bytes can be written.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            match retry(|| self.0.write(bytes))? {
                0 => return Err(Errno(28)), // ENOSPC on every system: the device is full
                count => bytes = &bytes[count..],
            }
        }
        Ok(())
    }

    /// Sets the modification time, and the access time as well.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn set_modified(&mut self, time: Time) -> Result<()> {
        let time = UNIX_EPOCH + Duration::new(time.seconds(), time.nanoseconds());
        retry(|| self.0.set_times(fs::FileTimes::new().set_modified(time).set_accessed(time)))
    }
}

/// An open directory.
pub struct Directory {
    path: PathBuf,
    file: fs::File,
}

impl Directory {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// If there is no such directory.
    pub fn open(name: Terminated<'_>) -> Result<Self> {
        // With a slash at the end, the system returns ENOTDIR if it is not a directory.
        let path = path(name).join("");
        let file = retry(|| fs::File::open(&path))?;
        Ok(Self { path, file })
    }

    /// Makes a directory with mode 0700.
    ///
    /// # Errors
    /// If the name is taken, or the directory cannot be made.
    pub fn create(name: Terminated<'_>) -> Result<()> {
        retry(|| fs::DirBuilder::new().mode(0o700).create(path(name)))
    }

    /// Returns the owner and the permission bits of the directory.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn access(&self) -> Result<Access> {
        let metadata = retry(|| self.file.metadata())?;
        Ok(Access { is_ours: metadata.uid() == geteuid(), mode: metadata.mode() & 0o7777 })
    }

    /// Takes the directory's lock. Returns `false` if another process holds it. The lock is released when this value is dropped.
    ///
    /// # Errors
    /// If the file system has no locks.
    pub fn try_lock(&self) -> Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(errno(error)),
        }
    }

    /// Returns the metadata of a file, and does not follow a symbolic link.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn metadata(&self, name: Terminated<'_>) -> Result<Metadata> {
        let metadata = retry(|| fs::symlink_metadata(self.path.join(path(name))))?;
        let nanoseconds = u32::try_from(metadata.mtime_nsec()).unwrap_or_default();
        Ok(Metadata {
            is_file: metadata.is_file(),
            modified: Time::new(metadata.mtime(), nanoseconds),
            len: metadata.len(),
        })
    }

    /// Reads from the start of a file until the buffer is full or the file ends. Returns how many bytes were read.
    ///
    /// # Errors
    /// If the file cannot be opened or read.
    pub fn read(&self, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
        read_file(&self.path.join(path(name)), buffer)
    }

    /// Makes a new file with mode 0600, or fewer permissions if the umask says so.
    ///
    /// # Errors
    /// If the name is taken, also by a symbolic link, or the file cannot be made.
    pub fn create_file(&self, name: Terminated<'_>) -> Result<File> {
        retry(|| OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.path.join(path(name)))).map(File)
    }

    /// Renames a file, and replaces the one that has the new name.
    ///
    /// # Errors
    /// The system's error.
    pub fn rename(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        retry(|| fs::rename(self.path.join(path(from)), self.path.join(path(to))))
    }

    /// Renames a file if the new name is free.
    ///
    /// # Errors
    /// The system's error. Always on systems other than macOS: std has no such call.
    pub fn rename_new(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        #[cfg(target_os = "macos")]
        return retry(|| macos::rename_new(&self.path.join(path(from)), &self.path.join(path(to))));
        #[cfg(not(target_os = "macos"))]
        {
            let _ = (from, to);
            Err(ENOSYS)
        }
    }

    /// Exchanges the names of two files in one step.
    ///
    /// # Errors
    /// The system's error. Always on systems other than macOS: std has no such call.
    pub fn exchange(&self, one: Terminated<'_>, other: Terminated<'_>) -> Result<()> {
        #[cfg(target_os = "macos")]
        return retry(|| macos::exchange(&self.path.join(path(one)), &self.path.join(path(other))));
        #[cfg(not(target_os = "macos"))]
        {
            let _ = (one, other);
            Err(ENOSYS)
        }
    }

    /// Makes a hard link: gives the file `from` the second name `to`.
    ///
    /// # Errors
    /// If the second name is taken, or the file system has no hard links.
    pub fn link(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        retry(|| fs::hard_link(self.path.join(path(from)), self.path.join(path(to))))
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be deleted.
    pub fn remove(&self, name: Terminated<'_>) -> Result<()> {
        retry(|| fs::remove_file(self.path.join(path(name))))
    }
}
