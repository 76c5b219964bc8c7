//! The spool, held against the hooks while a signal is removed.

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

/// After so many removals in a row the hooks get a pause of this length.
const IN_A_ROW: usize = 16;
const PAUSE: Duration = Duration::from_millis(1);

/// The spool and its lock. Let it go after a few system calls: hooks wait 200 ms for it.
pub struct LockedStore<'a> {
    signal_dir: &'a SignalDir,
    store: SignalStore,
}

impl<'a> LockedStore<'a> {
    /// Takes the hooks' own lock; others are waited for so many milliseconds.
    ///
    /// # Errors
    /// `WouldBlock` where somebody else holds it, `Unsupported` where nobody can. `NotFound` where there is no spool.
    /// Where it is not ours alone.
    pub fn lock(signal_dir: &'a SignalDir, timeout_ms: u32) -> io::Result<Self> {
        let random = RandomState::new().hash_one(signal_dir.path());
        let store = SignalStore::open_at(&store_path(signal_dir), random, false, timeout_ms)
            .map_err(|error| store_error("", signal_dir, "", error))?;
        let store = store.ok_or(io::ErrorKind::NotFound)?;
        if store.is_locked { Ok(Self { signal_dir, store }) } else { Err(lock_error(signal_dir.path())) }
    }

    /// Removes a signal where this is still wrong with it; whether it was.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn remove_faulty(&self, session: &str, kind: SignalKind, fault: SignalFault) -> io::Result<bool> {
        let files = SignalFiles::read_session(self.signal_dir, session);
        if !fault.applies_to(self.signal_dir, session, kind, &files, SystemTime::now()) {
            return Ok(false);
        }
        // Its own time: what comes meanwhile, of a hook that no longer waits for the lock, stays.
        let time = files.get(kind).map(|file| timestamps::to_hook_time(file.modified)).unwrap_or_default();
        let removed = self.store.remove_version(session.as_bytes(), kind, time);
        removed.map_err(|error| store_error("", self.signal_dir, session, error))
    }

    /// Settles what a killed hook left under this name: brings a signal back, and removes anything else. Whether it was a
    /// signal.
    ///
    /// # Errors
    /// Any of the file system's.
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
            // As earlier versions named their temporary files.
            Leftover::Foreign => fs_err::remove_file(self.signal_dir.path().join(name)).map(|()| false),
        }
    }
}

/// Removes the signals of these sessions, which ended longer ago than `limit`; how many that were.
///
/// # Errors
/// As for [`Held::take`] and [`Held::remove`].
pub fn remove_old_ends(
    signal_dir: &SignalDir,
    sessions: &[String],
    limit: Duration,
    timeout_ms: u32,
) -> io::Result<usize> {
    let mut count = 0;
    for some in sessions.chunks(IN_A_ROW) {
        for session in some {
            let held = LockedStore::lock(signal_dir, timeout_ms)?;
            count += usize::from(held.remove_faulty(session, SignalKind::Ended, SignalFault::Old(limit))?);
        }
        thread::sleep(PAUSE);
    }
    Ok(count)
}

/// Why the lock was not to be had.
fn lock_error(folder: &Path) -> io::Error {
    match File::open(folder).map(|folder| folder.try_lock()) {
        Ok(Err(TryLockError::Error(error))) => {
            let told = format!("{} is on a file system without locks ({error})", folder.display());
            io::Error::new(io::ErrorKind::Unsupported, told)
        }
        _ => io::ErrorKind::WouldBlock.into(),
    }
}
