//! The signal directory with its lock, for removals.

use std::fs::{File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;
use session_signals_protocol::store::SignalStore;
use session_signals_protocol::temporary_name::Leftover;

use super::leftovers::is_old_leftover;
use super::signal_fault::SignalFault;
use super::signal_files::SignalFiles;
use crate::signal_dir::SignalDir;
use crate::store_error::{store_error, store_path};
use crate::timestamps;

/// How many signals are removed in a row before the hooks get a pause.
const REMOVALS_IN_A_ROW: usize = 16;

/// The length of that pause.
const PAUSE: Duration = Duration::from_millis(1);

/// The signal directory, locked. Drop the value after a few system calls, because hooks wait only 200 ms for the lock.
pub struct LockedStore<'a> {
    signal_dir: &'a SignalDir,
    store: SignalStore,
}

impl<'a> LockedStore<'a> {
    /// Takes the lock that the hooks take. If another process has it, waits for at most `timeout_ms` milliseconds.
    ///
    /// # Errors
    /// - `WouldBlock` if another process has the lock.
    /// - `Unsupported` if the file system has no locks.
    /// - `NotFound` if the directory does not exist.
    /// - Any other error with the words of a hook, if the directory is not private to the user.
    pub fn lock(signal_dir: &'a SignalDir, timeout_ms: u32) -> io::Result<Self> {
        let random = RandomState::new().hash_one(signal_dir.path());
        let store = SignalStore::open_at(&store_path(signal_dir), random, false, timeout_ms)
            .map_err(|error| store_error("", signal_dir, "", error))?;
        let store = store.ok_or(io::ErrorKind::NotFound)?;
        if store.is_locked { Ok(Self { signal_dir, store }) } else { Err(lock_error(signal_dir.path())) }
    }

    /// Removes a signal if it still has this fault. Returns whether it was removed.
    ///
    /// # Errors
    /// The error of the system, with the words of a hook.
    pub fn remove_faulty(&self, session: &str, kind: SignalKind, fault: SignalFault) -> io::Result<bool> {
        let files = SignalFiles::read_session(self.signal_dir, session);
        if !fault.applies_to(self.signal_dir, session, kind, &files, SystemTime::now()) {
            return Ok(false);
        }
        // Exactly this version is removed. A hook that did not get the lock may publish a newer one meanwhile.
        let version = files.get(kind).map(|file| timestamps::to_hook_time(file.modified)).unwrap_or_default();
        let removed = self.store.remove_version(session.as_bytes(), kind, version);
        removed.map_err(|error| store_error("", self.signal_dir, session, error))
    }

    /// Recovers a leftover: puts a signal back under its name, and removes anything else. Returns whether it was a signal.
    ///
    /// # Errors
    /// The error of the system, with the words of a hook; an error that names the file if it cannot be read.
    pub fn recover(&self, name: &str) -> io::Result<bool> {
        if !is_old_leftover(self.signal_dir, name, SystemTime::now()) {
            return Ok(false);
        }
        let session = name.trim_start_matches('.').split('.').next().unwrap_or_default();
        match self
            .store
            .recover_leftover(name.as_bytes())
            .map_err(|error| store_error("", self.signal_dir, session, error))?
        {
            Leftover::Signal => Ok(true),
            Leftover::Garbage => Ok(false),
            Leftover::Unreadable => Err(io::Error::other(format!("{name} cannot be read"))),
            // A temporary file of an earlier version.
            Leftover::Foreign => fs_err::remove_file(self.signal_dir.path().join(name)).map(|()| false),
        }
    }
}

/// Removes the `ended` signals of these sessions, if they still ended longer ago than `limit`. Returns how many were removed.
///
/// # Errors
/// The errors of [`LockedStore::lock`] and [`LockedStore::remove_faulty`].
pub fn remove_old_ends(
    signal_dir: &SignalDir,
    sessions: &[String],
    limit: Duration,
    timeout_ms: u32,
) -> io::Result<usize> {
    let mut count = 0;
    for chunk in sessions.chunks(REMOVALS_IN_A_ROW) {
        for session in chunk {
            let store = LockedStore::lock(signal_dir, timeout_ms)?;
            count += usize::from(store.remove_faulty(session, SignalKind::Ended, SignalFault::Old(limit))?);
        }
        thread::sleep(PAUSE);
    }
    Ok(count)
}

/// Returns the error for a lock that could not be taken.
fn lock_error(directory: &Path) -> io::Error {
    match File::open(directory).map(|directory| directory.try_lock()) {
        Ok(Err(TryLockError::Error(error))) => {
            let message = format!("{} is on a file system without locks ({error})", directory.display());
            io::Error::new(io::ErrorKind::Unsupported, message)
        }
        _ => io::ErrorKind::WouldBlock.into(),
    }
}
