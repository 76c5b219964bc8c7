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

/// A signal, or its temporary file, larger than this is not read: 4 payloads, in bytes.
pub const MAX_SIGNAL_LEN: u64 = 256 << 20;

/// The path of the spool, in the configuration directory.
///
/// # Errors
/// Where the environment does not say, or it is longer than the system takes.
pub fn signal_dir_path(environment: &Environment) -> Result<Path> {
    let config_dir = config_dir::find(environment.variable("CLAUDE_CONFIG_DIR"), environment.variable("HOME"));
    let refuse = |problem| Error::from_problem(Operation::Find, Subject::Config, problem);
    let [first, second] = config_dir.ok_or_else(|| refuse(Problem::NoHome))?;
    // In place: a path is a page, and every copy of it another one for the kernel to find.
    let path = Path::concat(&[first, second, SIGNAL_DIR_SUFFIX]);
    if path.overflowed() {
        return Err(refuse(Problem::LongPath));
    }
    Ok(path)
}

/// The open spool directory.
pub struct SignalStore {
    pub(super) directory: Directory,
    /// Makes names of temporary files that nobody can foresee, each of them once.
    pub(super) random: Cell<u64>,
    /// Whether the lock was to be had.
    pub is_locked: bool,
}

impl SignalStore {
    /// Opens the spool and takes its lock. `None` where there is none and `create` is false.
    ///
    /// # Errors
    /// Where it is no directory, not ours, or writable by others.
    #[inline(never)]
    pub fn open(environment: &Environment, create: bool) -> Result<Option<Self>> {
        Self::open_at(&signal_dir_path(environment)?, environment.random(), create, LOCK_TIMEOUT_MS)
    }

    /// The same for the spool at this path; `random` is what nobody can foresee, and `patience` for how many
    /// milliseconds others are waited for.
    ///
    /// # Errors
    /// As for [`Spool::open`].
    pub fn open_at(spool: &Path, random: u64, create: bool, patience: u32) -> Result<Option<Self>> {
        let directory = match Directory::open(spool.as_cstr()) {
            Err(ENOENT) if !create => return Ok(None),
            Err(ENOENT) => {
                make_dir(&parent_dir(spool)).map_err(Error::from_system(Operation::Create, Subject::Config))?;
                make_dir(spool).map_err(Error::from_system(Operation::Create, Subject::Spool))?;
                Directory::open(spool.as_cstr())
            }
            result => result,
        };
        let directory = directory.map_err(Error::from_system(Operation::Open, Subject::Spool))?;
        let access = directory.access().map_err(Error::from_system(Operation::Stat, Subject::Spool))?;
        let refuse = |words| Err(Error::from_problem(Operation::Use, Subject::Spool, words));
        if !access.is_ours {
            return refuse(Problem::NotOurs);
        }
        if access.mode & 0o022 != 0 {
            return refuse(Problem::Open);
        }
        let locked = lock_with_timeout(&directory, patience);
        Ok(Some(Self { directory, random: Cell::new(random), is_locked: locked }))
    }

    /// What stands for a session.
    ///
    /// # Errors
    /// Where something else than a regular file has a signal's name.
    pub fn stored_signals(&self, session: &[u8]) -> Result<StoredSignals> {
        let mut standing = StoredSignals::default();
        for kind in SIGNAL_KINDS {
            let name = signal_file_name(session, kind);
            match self.directory.metadata(name.as_cstr()) {
                Ok(metadata) if metadata.is_file => standing.modified[kind as usize] = Some(metadata.modified),
                Ok(_) => return Err(Error::from_problem(Operation::Use, Subject::Signal(kind), Problem::NoFile)),
                Err(ENOENT) => {}
                Err(errno) => return Err(Error::from_system(Operation::Stat, Subject::Signal(kind))(errno)),
            }
        }
        // Last of all: what stands is of the future only if it is even now.
        standing.now = system::now().map_err(Error::from_system(Operation::Read, Subject::Clock))?;
        Ok(standing)
    }

    /// A signal's content.
    ///
    /// # Errors
    /// Where it cannot be read whole.
    pub fn read_signal(&self, session: &[u8], kind: SignalKind) -> Result<&'static mut [u8]> {
        self.read_file(kind, &signal_file_name(session, kind))
    }

    pub(super) fn read_file(&self, kind: SignalKind, name: &Name) -> Result<&'static mut [u8]> {
        let at = |operation| Error::from_system(operation, Subject::Signal(kind));
        let len = self.directory.metadata(name.as_cstr()).map_err(at(Operation::Stat))?.len;
        let refuse = || Error::from_problem(Operation::Read, Subject::Signal(kind), Problem::TooLarge);
        let len = usize::try_from(len.min(MAX_SIGNAL_LEN + 1)).map_err(|_| refuse())?;
        if len as u64 > MAX_SIGNAL_LEN {
            return Err(refuse());
        }
        let buffer = Buffer::with_room(len).map_err(Error::from_system(Operation::Allocate, Subject::Memory))?;
        let len = self.directory.read(name.as_cstr(), &mut buffer.bytes[..len]).map_err(at(Operation::Read))?;
        Ok(&mut buffer.bytes[..len])
    }

    /// When a signal was published; `None` where none stands.
    #[must_use]
    pub fn modified_at(&self, session: &[u8], kind: SignalKind) -> Option<Time> {
        self.modification_time(&signal_file_name(session, kind)).ok()
    }

    pub(super) fn modification_time(&self, name: &Name) -> system::Result<Time> {
        self.directory.metadata(name.as_cstr()).map(|metadata| metadata.modified)
    }
}

/// The configuration directory of a spool's path.
#[cold]
fn parent_dir(spool: &Path) -> Path {
    Path::concat(&[spool.as_bytes().strip_suffix(SIGNAL_DIR_SUFFIX).unwrap_or_default()])
}

fn make_dir(path: &Path) -> system::Result<()> {
    match Directory::create(path.as_cstr()) {
        Ok(()) | Err(EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}
