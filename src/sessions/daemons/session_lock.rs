//! The lock of a session. The supervisor of the session holds it, and the kernel releases it when the supervisor ends.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Mode, OFlags};
use session_signals_reader::regular_file::open_regular_with;

use super::io_context::with_path;

/// How often a caller that waits for the lock tries to take it.
pub const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(2);

/// The lock of a session, taken by this process.
pub struct SessionLock {
    /// The open file. A process that inherits it holds the lock, too.
    pub file: File,
    path: PathBuf,
}

impl SessionLock {
    /// Takes the lock; `None` if another process holds it.
    ///
    /// # Errors
    /// If the file cannot be made, opened or locked, or is not a regular file.
    pub fn try_take(path: &Path) -> io::Result<Option<Self>> {
        Self::try_take_file(path).map_err(with_path("lock", path))
    }

    fn try_take_file(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let opened = open_regular_with(path, OFlags::RDWR | OFlags::CREATE, Mode::RUSR | Mode::WUSR)?;
            let file = opened.into_parts().0;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // The last holder may have removed the file between the open and the lock. Then this lock protects nothing.
            let locked = file.metadata()?;
            if path.symlink_metadata().is_ok_and(|found| (found.dev(), found.ino()) == (locked.dev(), locked.ino())) {
                return Ok(Some(Self { file, path: path.to_owned() }));
            }
        }
    }

    /// Removes the file and releases the lock.
    pub fn release(self) {
        // The file is removed while the lock is held, so no other process can have a lock on it.
        let _ = std::fs::remove_file(&self.path);
    }
}
