//! The signal directory: lock, look, publish, clear.

use crate::buffer::Buffer;
use crate::error::{Error, Place, Result};
use crate::event::{KINDS, Kind, Standing};
use crate::sys::{self, Directory, Environment, Errno, File};
use crate::text::{Name, Path};
use crate::time::Time;

/// How long others are waited for, in milliseconds, before going on without the lock.
pub const PATIENCE: u32 = 200;

/// What a missing file or directory is called.
const ENOENT: Errno = Errno(2);
const EEXIST: Errno = Errno(17);

/// A signal, or its temporary file, larger than this is not read: 4 payloads.
pub const MAX_LEN: u64 = 256 << 20;

/// What the spool is called in the configuration directory.
pub const DIRECTORY: &[u8] = b"/session-signals";

/// The path of the spool, in the configuration directory.
///
/// # Errors
/// Where the environment does not say, or it is longer than the system takes.
pub fn path(environment: &Environment) -> Result<Path> {
    let set = |name| environment.variable(name).filter(|value| !value.is_empty());
    let parts: [&[u8]; 3] = match (set("CLAUDE_CONFIG_DIR"), set("HOME")) {
        (Some(config), _) => [config, b"", DIRECTORY],
        (None, Some(home)) => [home, b"/.claude", DIRECTORY],
        (None, None) => return Err(Error::words("find", Place::Config, "neither CLAUDE_CONFIG_DIR nor HOME is set")),
    };
    // In place: a path is a page, and every copy of it another one for the kernel to find.
    let path = Path::of(&parts);
    if path.overflowed() {
        return Err(Error::words("find", Place::Config, "its path is longer than 4095 bytes"));
    }
    Ok(path)
}

/// The open spool directory.
pub struct Spool {
    directory: Directory,
    /// Makes names of temporary files that nobody can foresee.
    random: u64,
    /// Whether the lock was to be had.
    pub locked: bool,
}

impl Spool {
    /// Opens the spool and takes its lock. `None` where there is none and `create` is false.
    ///
    /// # Errors
    /// Where it is no directory, not ours, or writable by others.
    #[inline(never)]
    pub fn open(environment: &Environment, create: bool) -> Result<Option<Self>> {
        Self::at(&path(environment)?, environment.random(), create, PATIENCE)
    }

    /// The same for the spool at this path; `random` is what nobody can foresee, and `patience` for how many
    /// milliseconds others are waited for.
    ///
    /// # Errors
    /// As for [`Spool::open`].
    pub fn at(spool: &Path, random: u64, create: bool, patience: u32) -> Result<Option<Self>> {
        let directory = match Directory::open(spool.as_cstr()) {
            Err(ENOENT) if !create => return Ok(None),
            Err(ENOENT) => {
                make(&parent(spool)).map_err(Error::at("create", Place::Config))?;
                make(spool).map_err(Error::at("create", Place::Spool))?;
                Directory::open(spool.as_cstr())
            }
            result => result,
        };
        let directory = directory.map_err(Error::at("open", Place::Spool))?;
        let access = directory.access().map_err(Error::at("stat", Place::Spool))?;
        let refuse = |words| Err(Error::words("use", Place::Spool, words));
        if !access.is_ours {
            return refuse("it belongs to another user");
        }
        if access.mode & 0o022 != 0 {
            return refuse("others may write to it (chmod 700 it)");
        }
        let locked = lock(&directory, patience);
        Ok(Some(Self { directory, random, locked }))
    }

    /// What stands for a session.
    ///
    /// # Errors
    /// Where something else than a regular file has a signal's name.
    pub fn standing(&self, session: &[u8]) -> Result<Standing> {
        let mut standing = Standing::default();
        for kind in KINDS {
            let name = name(session, kind);
            match self.directory.metadata(name.as_cstr()) {
                Ok(metadata) if metadata.is_file => standing.modified[kind as usize] = Some(metadata.modified),
                Ok(_) => return Err(Error::words("use", Place::Signal(kind), "it is not a regular file")),
                Err(ENOENT) => {}
                Err(errno) => return Err(Error::at("stat", Place::Signal(kind))(errno)),
            }
        }
        // Last of all: what stands is of the future only if it is even now.
        standing.now = sys::now().map_err(Error::at("read", Place::Clock))?;
        Ok(standing)
    }

    /// A signal's content.
    ///
    /// # Errors
    /// Where it cannot be read whole.
    pub fn read(&self, session: &[u8], kind: Kind) -> Result<&'static mut [u8]> {
        let name = name(session, kind);
        let at = |operation| Error::at(operation, Place::Signal(kind));
        let len = self.directory.metadata(name.as_cstr()).map_err(at("stat"))?.len;
        let refuse = || Error::words("read", Place::Signal(kind), "it is larger than 256 MiB");
        let len = usize::try_from(len.min(MAX_LEN + 1)).map_err(|_| refuse())?;
        if len as u64 > MAX_LEN {
            return Err(refuse());
        }
        let buffer = Buffer::with_room(len).map_err(Error::at("allocate", Place::Memory))?;
        let len = self.directory.read(name.as_cstr(), &mut buffer.bytes[..len]).map_err(at("read"))?;
        Ok(&mut buffer.bytes[..len])
    }

    /// When a signal was published; `None` where none stands.
    #[must_use]
    pub fn modified(&self, session: &[u8], kind: Kind) -> Option<Time> {
        self.directory.metadata(name(session, kind).as_cstr()).ok().map(|metadata| metadata.modified)
    }

    /// Puts a signal in the place of the one before it, whole or not at all; `time` is its event's.
    /// `may` is asked at the last moment; where it says no, nothing happens and the answer is `false`.
    ///
    /// # Errors
    /// Where the system refuses. The old signal then stands as it was, and no temporary file.
    pub fn publish(
        &self,
        session: &[u8],
        kind: Kind,
        time: Time,
        may: &dyn Fn() -> bool,
        content: &dyn Fn(&mut Writer) -> sys::Result<()>,
    ) -> Result<bool> {
        let temporary = self.temporary(session, kind);
        let fail = |operation| Error::at(operation, Place::Signal(kind));
        let file = self.directory.create_file(temporary.as_cstr()).map_err(fail("create"))?;
        let result = write(file, time, content).map_err(fail("write")).and_then(|()| {
            let may = may();
            if may {
                let name = name(session, kind);
                self.directory.rename(temporary.as_cstr(), name.as_cstr()).map_err(fail("rename"))?;
            }
            Ok(may)
        });
        if !matches!(result, Ok(true)) {
            // What matters is the error at hand.
            let _ = self.directory.remove(temporary.as_cstr());
        }
        result
    }

    /// Deletes a signal, if it stands.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn clear(&self, session: &[u8], kind: Kind) -> Result<()> {
        let name = name(session, kind);
        match self.directory.remove(name.as_cstr()) {
            Ok(()) | Err(ENOENT) => Ok(()),
            Err(errno) => Err(Error::at("delete", Place::Signal(kind))(errno)),
        }
    }

    /// The same without the lock: deletes a signal only where it is still that of `time` or an older one. It is
    /// taken aside to be looked at, so that nobody can put a newer one in its place in between.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn clear_up_to(&self, session: &[u8], kind: Kind, time: Time) -> Result<()> {
        let (name, aside) = (name(session, kind), self.temporary(session, kind));
        let (from, to) = (name.as_cstr(), aside.as_cstr());
        let clear = || {
            self.directory.rename(from, to)?;
            let back = || self.directory.rename(to, from);
            let is_future = |found: Time| sys::now().is_ok_and(|now| found > now);
            match self.directory.metadata(to) {
                Ok(found) if found.modified <= time || is_future(found.modified) => {
                    self.directory.remove(to).or_else(|errno| back().and(Err(errno)))
                }
                found => back().and(found.map(drop)),
            }
        };
        match clear() {
            Ok(()) | Err(ENOENT) => Ok(()),
            Err(errno) => Err(Error::at("delete", Place::Signal(kind))(errno)),
        }
    }

    fn temporary(&self, session: &[u8], kind: Kind) -> Name {
        let mut name = Name::of(&[b".", session, b".", kind.word().as_bytes(), b"."]);
        name.push_hex(self.random);
        name
    }
}

/// The configuration directory of a spool's path.
#[cold]
fn parent(spool: &Path) -> Path {
    Path::of(&[spool.as_bytes().strip_suffix(DIRECTORY).unwrap_or_default()])
}

fn make(path: &Path) -> sys::Result<()> {
    match Directory::create(path.as_cstr()) {
        Ok(()) | Err(EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Without the lock an event may be lost in a race; without going on, it is lost for sure.
fn lock(directory: &Directory, patience: u32) -> bool {
    let mut waited = 0;
    loop {
        match directory.try_lock() {
            Ok(true) => return true,
            Ok(false) if waited < patience => {}
            Ok(false) | Err(_) => return false,
        }
        let pause = (waited / 4).clamp(1, 10).min(patience - waited);
        sys::sleep(pause);
        waited += pause;
    }
}

/// `<session>.<kind>.json`.
#[inline(never)] // smaller
fn name(session: &[u8], kind: Kind) -> Name {
    Name::of(&[session, b".", kind.word().as_bytes(), b".json"])
}

fn write(file: File, time: Time, content: &dyn Fn(&mut Writer) -> sys::Result<()>) -> sys::Result<()> {
    let mut writer = Writer { file, buffer: [0; 4096], used: 0 };
    content(&mut writer)?;
    writer.flush()?;
    writer.file.set_modified(time)
}

/// Gathers small pieces, so that a usual signal is one write.
pub struct Writer {
    file: File,
    buffer: [u8; 4096],
    used: usize,
}

impl Writer {
    /// Appends `piece`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn put(&mut self, piece: &[u8]) -> sys::Result<()> {
        if piece.len() > self.buffer.len() - self.used {
            self.flush()?;
        }
        match self.buffer.get_mut(self.used..self.used + piece.len()) {
            Some(room) => {
                room.copy_from_slice(piece);
                self.used += piece.len();
                Ok(())
            }
            None => self.file.write_all(piece),
        }
    }

    fn flush(&mut self) -> sys::Result<()> {
        self.file.write_all(&self.buffer[..core::mem::take(&mut self.used)])
    }
}
