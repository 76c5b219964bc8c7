//! The open signal directory, and what is read from it.

use core::cell::Cell;

use super::errors::{EEXIST, ENOENT};
use super::lock::{LOCK_TIMEOUT_MS, lock_with_timeout};
use crate::config_dir;
use crate::decision::StoredSignals;
use crate::error::{Error, Operation, Problem, Result, Subject};
use crate::file_names::{SIGNAL_DIR_SUFFIX, signal_file_name};
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::system::{self, Buffer, Directory, Environment};
use crate::text::{Name, Path};
use crate::time::Time;

/// The largest signal or temporary file that is read, in bytes: four of the largest payloads.
pub const MAX_SIGNAL_LEN: u64 = 256 << 20;

/// Returns the path of the signal directory.
///
/// # Errors
/// [`Problem::NoHome`] if the environment does not say where the configuration directory is; [`Problem::PathTooLong`] if the path
/// is longer than the system allows.
pub fn signal_dir_path(environment: &Environment) -> Result<Path> {
    let config_dir = config_dir::find(environment.variable("CLAUDE_CONFIG_DIR"), environment.variable("HOME"));
    let refuse = |problem| Error::from_problem(Operation::Find, Subject::ConfigDir, problem);
    let [first, second] = config_dir.ok_or_else(|| refuse(Problem::NoHome))?;
    // The path is not copied after this: it takes a page of memory, and each copy takes another one.
    let path = Path::concat(&[first, second, SIGNAL_DIR_SUFFIX]);
    if path.overflowed() {
        return Err(refuse(Problem::PathTooLong));
    }
    Ok(path)
}

/// The open signal directory.
pub struct SignalStore {
    pub(super) directory: Directory,
    /// The random number in the next temporary name. It grows by 1 with each name, so that each name is used once.
    pub(super) random: Cell<u64>,
    /// Whether this process holds the lock.
    pub is_locked: bool,
}

impl SignalStore {
    /// Opens the signal directory and takes its lock. If there is no directory, it is made if `create` is true; otherwise the
    /// result is `None`.
    ///
    /// # Errors
    /// [`Problem::OtherOwner`] or [`Problem::WritableByOthers`] if the directory is not safe; otherwise the system's error, for
    /// example if there is a file in its place. That the lock is not available is not an error: see [`SignalStore::is_locked`].
    #[inline(never)]
    pub fn open(environment: &Environment, create: bool) -> Result<Option<Self>> {
        Self::open_at(&signal_dir_path(environment)?, environment.random(), create, LOCK_TIMEOUT_MS)
    }

    /// Opens the signal directory at this path, as [`SignalStore::open`] does. `random` is a number that nobody can predict.
    /// `lock_timeout_ms` is how many milliseconds to wait for the lock.
    ///
    /// # Errors
    /// As for [`SignalStore::open`].
    pub fn open_at(path: &Path, random: u64, create: bool, lock_timeout_ms: u32) -> Result<Option<Self>> {
        let directory = match Directory::open(path.as_cstr()) {
            Err(ENOENT) if !create => return Ok(None),
            Err(ENOENT) => {
                make_dir(&parent_dir(path)).map_err(Error::from_system(Operation::Create, Subject::ConfigDir))?;
                make_dir(path).map_err(Error::from_system(Operation::Create, Subject::SignalDir))?;
                Directory::open(path.as_cstr())
            }
            result => result,
        };
        let directory = directory.map_err(Error::from_system(Operation::Open, Subject::SignalDir))?;
        let access = directory.access().map_err(Error::from_system(Operation::Stat, Subject::SignalDir))?;
        let refuse = |problem| Err(Error::from_problem(Operation::Use, Subject::SignalDir, problem));
        if !access.is_ours {
            return refuse(Problem::OtherOwner);
        }
        if access.mode & 0o022 != 0 {
            return refuse(Problem::WritableByOthers);
        }
        let is_locked = lock_with_timeout(&directory, lock_timeout_ms);
        Ok(Some(Self { directory, random: Cell::new(random), is_locked }))
    }

    /// Looks up the stored signals of a session.
    ///
    /// # Errors
    /// [`Problem::NotRegularFile`] if something else has the name of a signal; otherwise the system's error.
    pub fn stored_signals(&self, session: &[u8]) -> Result<StoredSignals> {
        let mut stored = StoredSignals::default();
        for kind in SIGNAL_KINDS {
            let name = signal_file_name(session, kind);
            match self.directory.metadata(name.as_cstr()) {
                Ok(metadata) if metadata.is_file => stored.modified[kind as usize] = Some(metadata.modified),
                Ok(_) => {
                    return Err(Error::from_problem(Operation::Use, Subject::Signal(kind), Problem::NotRegularFile));
                }
                Err(ENOENT) => {}
                Err(errno) => return Err(Error::from_system(Operation::Stat, Subject::Signal(kind))(errno)),
            }
        }
        // The clock is read last, so that no signal that was just published looks as if it came from the future.
        stored.now = system::now().map_err(Error::from_system(Operation::Read, Subject::Clock))?;
        Ok(stored)
    }

    /// Reads a signal.
    ///
    /// # Errors
    /// [`Problem::SignalTooLarge`] if it is larger than [`MAX_SIGNAL_LEN`]; otherwise the system's error.
    pub fn read_signal(&self, session: &[u8], kind: SignalKind) -> Result<&'static mut [u8]> {
        self.read_file(kind, &signal_file_name(session, kind))
    }

    pub(super) fn read_file(&self, kind: SignalKind, name: &Name) -> Result<&'static mut [u8]> {
        let fail = |operation| Error::from_system(operation, Subject::Signal(kind));
        let len = self.directory.metadata(name.as_cstr()).map_err(fail(Operation::Stat))?.len;
        let refuse = || Error::from_problem(Operation::Read, Subject::Signal(kind), Problem::SignalTooLarge);
        let len = usize::try_from(len.min(MAX_SIGNAL_LEN + 1)).map_err(|_| refuse())?;
        if len as u64 > MAX_SIGNAL_LEN {
            return Err(refuse());
        }
        let buffer = Buffer::with_room(len).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
        let len = self.directory.read(name.as_cstr(), &mut buffer.bytes[..len]).map_err(fail(Operation::Read))?;
        Ok(&mut buffer.bytes[..len])
    }

    /// Returns the modification time of a signal; `None` if there is no such signal.
    #[must_use]
    pub fn modified_at(&self, session: &[u8], kind: SignalKind) -> Option<Time> {
        self.modification_time(&signal_file_name(session, kind)).ok()
    }

    pub(super) fn modification_time(&self, name: &Name) -> system::Result<Time> {
        self.directory.metadata(name.as_cstr()).map(|metadata| metadata.modified)
    }
}

/// Returns the configuration directory of a signal directory.
#[cold]
fn parent_dir(path: &Path) -> Path {
    Path::concat(&[path.as_bytes().strip_suffix(SIGNAL_DIR_SUFFIX).unwrap_or_default()])
}

fn make_dir(path: &Path) -> system::Result<()> {
    match Directory::create(path.as_cstr()) {
        Ok(()) | Err(EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}
