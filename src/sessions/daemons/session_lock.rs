//! Who holds a session's lock is its guard. A lock ends with the process that holds it, whatever ended that.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

/// A session's lock, held.
pub struct SessionLock {
    /// The open file: whoever inherits it holds the lock, too.
    pub file: File,
    path: PathBuf,
}

impl SessionLock {
    /// Takes it; `None` where somebody else holds it.
    ///
    /// # Errors
    /// Where the file cannot be made or locked, or is no file.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("lock {}: {error}", path.display()));
        loop {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let opened = openat(CWD, path, flags, Mode::RUSR | Mode::WUSR).map_err(|error| named(error.into()))?;
            let file = File::from(opened);
            let opened = file.metadata().map_err(named)?;
            if !opened.is_file() {
                return Err(named(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")));
            }
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(named(error)),
            }
            // Its last holder may have removed it since: then it is nobody's lock.
            if path.symlink_metadata().is_ok_and(|found| (found.dev(), found.ino()) == (opened.dev(), opened.ino())) {
                return Ok(Some(Self { file, path: path.to_owned() }));
            }
        }
    }

    /// Gives it back; nothing is left behind.
    pub fn release(self) {
        // While it is held: nobody else's is removed.
        let _ = std::fs::remove_file(&self.path);
    }
}
