//! The spool, held against the hooks while a signal is removed.

use std::fs::{File, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};

use session_signals_protocol::temporary_name::Leftover;
use session_signals_protocol::error::Error;
use session_signals_protocol::event::Kind;
use session_signals_protocol::spool::Spool;
use session_signals_protocol::text;

use super::remnants::is_remnant;
use super::{Fault, Files};
use crate::evidence::moment;

/// After so many removals in a row the hooks get a pause of this length.
const IN_A_ROW: usize = 16;
const PAUSE: Duration = Duration::from_millis(1);

/// The spool and its lock. Let it go after a few system calls: hooks wait 200 ms for it.
pub struct Held<'a> {
    folder: &'a Path,
    spool: Spool,
}

impl<'a> Held<'a> {
    /// Takes the hooks' own lock; others are waited for so many milliseconds.
    ///
    /// # Errors
    /// `WouldBlock` where somebody else holds it, `Unsupported` where nobody can. `NotFound` where there is no spool.
    /// Where it is not ours alone.
    pub fn take(folder: &'a Path, patience: u32) -> io::Result<Self> {
        let random = RandomState::new().hash_one(folder);
        let spool = Spool::at(&text(folder), random, false, patience).map_err(|error| told(folder, "", error))?;
        let spool = spool.ok_or(io::ErrorKind::NotFound)?;
        if spool.locked { Ok(Self { folder, spool }) } else { Err(why_not(folder)) }
    }

    /// Removes a signal where this is still wrong with it; whether it was.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn remove(&self, session: &str, kind: Kind, fault: Fault) -> io::Result<bool> {
        let files = Files::of(self.folder, session);
        if !fault.is_of(self.folder, session, kind, &files, SystemTime::now()) {
            return Ok(false);
        }
        // Its own time: what comes meanwhile, of a hook that no longer waits for the lock, stays.
        let time = files.get(kind).map(|file| moment::of_hooks(file.modified)).unwrap_or_default();
        let removed = self.spool.withdraw(session.as_bytes(), kind, time);
        removed.map_err(|error| told(self.folder, session, error))
    }

    /// Settles what a killed hook left under this name: brings a signal back, and removes anything else. Whether it was a
    /// signal.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn settle(&self, name: &str) -> io::Result<bool> {
        if !is_remnant(self.folder, name, SystemTime::now()) {
            return Ok(false);
        }
        let session = name.trim_start_matches('.').split('.').next().unwrap_or_default();
        match self.spool.recover(name.as_bytes()).map_err(|error| told(self.folder, session, error))? {
            Leftover::Signal => Ok(true),
            Leftover::Rubbish => Ok(false),
            Leftover::Unreadable => Err(io::Error::other(format!("{name} cannot be read"))),
            // As earlier versions named their temporary files.
            Leftover::Foreign => fs_err::remove_file(self.folder.join(name)).map(|()| false),
        }
    }
}

/// Removes the signals of these sessions, which ended longer ago than `limit`; how many that were.
///
/// # Errors
/// As for [`Held::take`] and [`Held::remove`].
pub fn forget(folder: &Path, sessions: &[String], limit: Duration, patience: u32) -> io::Result<usize> {
    let mut count = 0;
    for some in sessions.chunks(IN_A_ROW) {
        for session in some {
            let held = Held::take(folder, patience)?;
            count += usize::from(held.remove(session, Kind::Ended, Fault::Old(limit))?);
        }
        thread::sleep(PAUSE);
    }
    Ok(count)
}

/// Why the lock was not to be had.
fn why_not(folder: &Path) -> io::Error {
    match File::open(folder).map(|folder| folder.try_lock()) {
        Ok(Err(TryLockError::Error(error))) => {
            let told = format!("{} is on a file system without locks ({error})", folder.display());
            io::Error::new(io::ErrorKind::Unsupported, told)
        }
        _ => io::ErrorKind::WouldBlock.into(),
    }
}

fn text(folder: &Path) -> text::Path {
    text::Path::of(&[folder.as_os_str().as_bytes()])
}

fn told(folder: &Path, session: &str, error: Error) -> io::Error {
    let line = error.line("", &text(folder), session.as_bytes());
    let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
    io::Error::other(line.trim_start_matches(": ").trim_end().to_owned())
}
