//! The signal directory: lock, look, publish, clear, bring back.
//!
//! Whoever waits for the lock in vain goes on without it, and a process can be stopped between any two of its calls. So
//! the lock makes conflicts rare, and no more: every operation here is safe against anybody. A signal is put where
//! nothing stands, or exchanged for what stands; and nothing is deleted but what has been taken out and looked at.

use core::cell::Cell;

use crate::temporary_name::{self, TemporaryName, Leftover};
use crate::buffer::Buffer;
use crate::calls;
use crate::change::Change;
use crate::error::{Error, Operation, Place, Reason, Result, Words};
use crate::event::{Calls, Facts, KINDS, Kind, Standing};
use crate::payload::Fields;
use crate::sys::{self, Directory, Environment, Errno, File};
use crate::text::{Name, Path};
use crate::time::Time;

/// How long others are waited for, in milliseconds, before going on without the lock.
pub const PATIENCE: u32 = 200;

/// For how many seconds what bears a temporary name is taken for a living hook's.
pub const RECOVER_AFTER: u64 = 60;

/// How often a change is made anew where others change the same signal at the same time.
pub const TRIES: usize = 32;

/// What a missing file or directory is called.
const ENOENT: Errno = Errno(2);
const EEXIST: Errno = Errno(17);
/// Others are quicker, again and again.
const EAGAIN: Errno = Errno(11);
const EFBIG: Errno = Errno(27);

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
        (None, None) => return Err(Error::words(Operation::Find, Place::Config, Words::NoHome)),
    };
    // In place: a path is a page, and every copy of it another one for the kernel to find.
    let path = Path::of(&parts);
    if path.overflowed() {
        return Err(Error::words(Operation::Find, Place::Config, Words::LongPath));
    }
    Ok(path)
}

/// The open spool directory.
pub struct Spool {
    directory: Directory,
    /// Makes names of temporary files that nobody can foresee, each of them once.
    random: Cell<u64>,
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
                make(&parent(spool)).map_err(Error::at(Operation::Create, Place::Config))?;
                make(spool).map_err(Error::at(Operation::Create, Place::Spool))?;
                Directory::open(spool.as_cstr())
            }
            result => result,
        };
        let directory = directory.map_err(Error::at(Operation::Open, Place::Spool))?;
        let access = directory.access().map_err(Error::at(Operation::Stat, Place::Spool))?;
        let refuse = |words| Err(Error::words(Operation::Use, Place::Spool, words));
        if !access.is_ours {
            return refuse(Words::NotOurs);
        }
        if access.mode & 0o022 != 0 {
            return refuse(Words::Open);
        }
        let locked = lock(&directory, patience);
        Ok(Some(Self { directory, random: Cell::new(random), locked }))
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
                Ok(_) => return Err(Error::words(Operation::Use, Place::Signal(kind), Words::NoFile)),
                Err(ENOENT) => {}
                Err(errno) => return Err(Error::at(Operation::Stat, Place::Signal(kind))(errno)),
            }
        }
        // Last of all: what stands is of the future only if it is even now.
        standing.now = sys::now().map_err(Error::at(Operation::Read, Place::Clock))?;
        Ok(standing)
    }

    /// A signal's content.
    ///
    /// # Errors
    /// Where it cannot be read whole.
    pub fn read(&self, session: &[u8], kind: Kind) -> Result<&'static mut [u8]> {
        self.read_file(kind, &name(session, kind))
    }

    fn read_file(&self, kind: Kind, name: &Name) -> Result<&'static mut [u8]> {
        let at = |operation| Error::at(operation, Place::Signal(kind));
        let len = self.directory.metadata(name.as_cstr()).map_err(at(Operation::Stat))?.len;
        let refuse = || Error::words(Operation::Read, Place::Signal(kind), Words::TooLarge);
        let len = usize::try_from(len.min(MAX_LEN + 1)).map_err(|_| refuse())?;
        if len as u64 > MAX_LEN {
            return Err(refuse());
        }
        let buffer = Buffer::with_room(len).map_err(Error::at(Operation::Allocate, Place::Memory))?;
        let len = self.directory.read(name.as_cstr(), &mut buffer.bytes[..len]).map_err(at(Operation::Read))?;
        Ok(&mut buffer.bytes[..len])
    }

    /// When a signal was published; `None` where none stands.
    #[must_use]
    pub fn modified(&self, session: &[u8], kind: Kind) -> Option<Time> {
        self.time_of(&name(session, kind)).ok()
    }

    fn time_of(&self, name: &Name) -> sys::Result<Time> {
        self.directory.metadata(name.as_cstr()).map(|metadata| metadata.modified)
    }

    /// Publishes a state, whole or not at all; `time` is its event's. A newer one of its kind stays, and this one goes.
    /// `standing` is what stood when it was looked.
    ///
    /// # Errors
    /// Where the system refuses. The old signal then stands as it was, and no temporary file.
    pub fn publish(
        &self,
        session: &[u8],
        kind: Kind,
        time: Time,
        standing: &Standing,
        content: &dyn Fn(&mut Writer) -> sys::Result<()>,
    ) -> Result<()> {
        let temporary = self.write(session, kind, time, standing.modified[kind as usize], content)?;
        self.place(session, kind, &temporary).map_err(|errno| {
            self.discard(&temporary, time);
            Error::at(Operation::Rename, Place::Signal(kind))(errno)
        })
    }

    /// Publishes the calls that wait, in the place of the version `seen`. `false` where that is no longer what stands:
    /// then everything is as it was, and the list is to be made anew.
    fn replace(
        &self,
        session: &[u8],
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut Writer) -> sys::Result<()>,
    ) -> Result<bool> {
        let temporary = self.write(session, Kind::Permission, time, seen, content)?;
        let result = self.swap(session, &temporary, time, seen);
        if result != Ok(true) {
            self.discard(&temporary, time);
        }
        settled(result).map_err(Error::at(Operation::Rename, Place::Signal(Kind::Permission)))
    }

    fn swap(&self, session: &[u8], temporary: &Name, time: Time, seen: Option<Time>) -> sys::Result<bool> {
        let kind = Kind::Permission;
        let Some(seen) = seen else {
            return self.put(temporary, &name(session, kind)).map(|()| true);
        };
        self.exchange(session, kind, temporary)?;
        let found = self.time_of(temporary);
        if found == Ok(seen) {
            return self.directory.remove(temporary.as_cstr()).map(|()| true);
        }
        // Somebody was quicker: theirs goes back. What then comes out is ours, unless somebody built on it.
        match self.exchange(session, kind, temporary) {
            Err(ENOENT | EEXIST) => {}
            result => result?,
        }
        if found.is_ok() && self.time_of(temporary)? != time {
            self.put_back(session, kind, temporary)?;
        }
        found.map(|_| false)
    }

    /// Deletes a signal, if one stood when it was looked and has not been replaced by one that is newer than `time`.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn clear(&self, session: &[u8], kind: Kind, time: Time, standing: &Standing) -> Result<()> {
        match standing.modified[kind as usize] {
            Some(seen) if !standing.newer(kind, time) => self.take(session, kind, seen, Some(time)).map(drop),
            _ => Ok(()),
        }
    }

    /// Deletes a signal of exactly this version; `false` where it is not what stands.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn withdraw(&self, session: &[u8], kind: Kind, seen: Time) -> Result<bool> {
        self.take(session, kind, seen, None)
    }

    /// Moves a signal aside, so that nobody can put another one in its place, looks, and deletes it or puts it back.
    fn take(&self, session: &[u8], kind: Kind, seen: Time, up_to: Option<Time>) -> Result<bool> {
        let aside = self.temporary(session, kind, None, Some(seen));
        let take = || {
            self.directory.rename(name(session, kind).as_cstr(), aside.as_cstr())?;
            let found = self.time_of(&aside);
            let is_meant = |found| found == seen || up_to.is_some_and(|time| !is_newer(found, time));
            let result = match found {
                Ok(found) if is_meant(found) => self.directory.remove(aside.as_cstr()).map(|()| true),
                found => found.map(|_| false),
            };
            if result != Ok(true) {
                self.put_back(session, kind, &aside)?;
            }
            result
        };
        settled(take()).map_err(Error::at(Operation::Delete, Place::Signal(kind)))
    }

    /// Of several states the newest stays, and nothing that it supersedes.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn settle(&self, session: &[u8], standing: &Standing) -> Result<()> {
        for kind in KINDS {
            if let (Some(_), Some(seen)) = (standing.superseded_by(kind), standing.modified[kind as usize]) {
                self.withdraw(session, kind, seen)?;
            }
        }
        Ok(())
    }

    /// What a name that begins with a dot is. Only looks.
    fn remnant(&self, name: &[u8]) -> Leftover {
        let (Some(aside), file) = (TemporaryName::parse(name), Name::of(&[name])) else { return Leftover::Foreign };
        match self.directory.metadata(file.as_cstr()) {
            Ok(metadata) if metadata.is_file => {
                let is_whole = || self.read_file(aside.kind, &file).ok().map(|text| temporary_name::is_whole(text));
                aside.remnant(metadata.modified, is_whole)
            }
            _ => Leftover::Foreign,
        }
    }

    /// Deletes what a killed hook left behind, or brings it back: a state where nothing newer stands, calls where nothing
    /// newer has answered them. What it was.
    ///
    /// For files that were given their name more than [`RECOVER_AFTER`] seconds ago, and with the lock: else it may be a living
    /// hook's, which then has to do its work again.
    ///
    /// # Errors
    /// Where the system refuses. Then it is left where it is.
    pub fn recover(&self, name: &[u8]) -> Result<Leftover> {
        let remnant = self.remnant(name);
        let Some(TemporaryName { session, kind, .. }) = TemporaryName::parse(name) else { return Ok(remnant) };
        let file = Name::of(&[name]);
        let fail = Error::at(Operation::Recover, Place::Signal(kind));
        match remnant {
            Leftover::Foreign | Leftover::Unreadable => {}
            Leftover::Rubbish => self.directory.remove(file.as_cstr()).map_err(fail)?,
            Leftover::Signal => {
                let recover = || {
                    if kind == Kind::Permission {
                        return self.absorb(session, &file).map_err(errno);
                    }
                    let (time, standing) = (self.time_of(&file)?, self.standing(session).map_err(errno)?);
                    // One from the future is older than whatever stands.
                    let past = if time > standing.now { Time::default() } else { time };
                    if standing.late(&Facts { time: past, ..Facts::default() }) {
                        return self.directory.remove(file.as_cstr());
                    }
                    self.place(session, kind, &file)
                };
                recover().map_err(fail)?;
                self.settle(session, &self.standing(session)?)?;
            }
        }
        Ok(remnant)
    }

    /// Puts a state where it belongs: the newest of its kind stays, and the others go.
    fn place(&self, session: &[u8], kind: Kind, temporary: &Name) -> sys::Result<()> {
        for _ in 0..TRIES {
            match self.put(temporary, &name(session, kind)) {
                Err(EEXIST) => {}
                result => return result,
            }
            let time = self.time_of(temporary)?;
            match self.exchange(session, kind, temporary) {
                Err(ENOENT | EEXIST) => continue,
                result => result?,
            }
            match self.time_of(temporary) {
                // What came out is newer, so it goes back.
                Ok(found) if is_newer(found, time) => {}
                Ok(_) => return self.directory.remove(temporary.as_cstr()),
                // Nobody can tell which one is newer: all stays as it was.
                error => return self.exchange(session, kind, temporary).and(error.map(drop)),
            }
        }
        Err(EAGAIN)
    }

    /// Puts back what turned out to be somebody else's.
    fn put_back(&self, session: &[u8], kind: Kind, aside: &Name) -> sys::Result<()> {
        if kind != Kind::Permission {
            return self.place(session, kind, aside);
        }
        match self.put_new(aside, &name(session, kind)) {
            result @ (Ok(()) | Err(ENOENT)) => result,
            // The file system cannot do this in one step. Where nothing stands, the list stays aside until it is recovered:
            // to rename it could overwrite a list that somebody publishes now.
            Err(errno) if errno != EEXIST && self.modified(session, kind).is_none() => Ok(()),
            Err(_) => self.absorb(session, aside).map_err(errno),
        }
    }

    /// Adds the calls of a list that was moved aside to those that stand by now, one by one: but for those that
    /// something newer has answered.
    fn absorb(&self, session: &[u8], aside: &Name) -> Result<()> {
        let lost = &*self.read_file(Kind::Permission, aside)?;
        if !calls::has_list(lost) {
            // Nobody can tell what waits there. The file comes back where nothing stands, and stays aside otherwise.
            return match self.put(aside, &name(session, Kind::Permission)) {
                Err(EEXIST) => Ok(()),
                result => result.map_err(Error::at(Operation::Rename, Place::Signal(Kind::Permission))),
            };
        }
        let tail = &|out: &mut Writer| out.put(calls::tail(lost));
        for payload in calls::entries(lost) {
            let fields = &Fields::of(payload);
            let time = calls::since(fields).unwrap_or_default();
            let standing = self.standing(session)?;
            if !standing.late(&Facts { time, subagent: !fields.agent().is_empty(), ..Facts::default() }) {
                self.revise(session, &Change { calls: Calls::Add, fields, time, payload, stamp: b"", tail }, standing)?;
            }
        }
        self.directory.remove(aside.as_cstr()).map_err(Error::at(Operation::Delete, Place::Signal(Kind::Permission)))
    }

    /// Adds a call to those that wait, or takes those out that an event resolves. Again, on what stands by then, where
    /// somebody was quicker.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn revise(&self, session: &[u8], change: &Change, mut standing: Standing) -> Result<()> {
        for _ in 0..TRIES {
            if self.revised(session, change, &standing)? {
                return Ok(());
            }
            standing = self.standing(session)?;
        }
        Err(Error::at(Operation::Change, Place::Signal(Kind::Permission))(EAGAIN))
    }

    /// `false` where the calls that wait are no longer those of `standing`.
    fn revised(&self, session: &[u8], change: &Change, standing: &Standing) -> Result<bool> {
        let Change { calls, fields, time, payload, stamp, tail } = *change;
        let kind = Kind::Permission;
        let seen = standing.modified[kind as usize];
        let old = match seen.map(|_| self.read(session, kind)) {
            Some(Err(_)) if self.modified(session, kind) != seen => return Ok(false),
            // No reader can tell what waits there. A list that can be read at another time is left for then.
            Some(Err(Error { reason: Reason::Words(_), .. })) if matches!(calls, Calls::Agents | Calls::All) => {
                Default::default()
            }
            old => old.transpose()?.unwrap_or_default(),
        };
        let len = old.len();
        let revision = calls::revise(calls::pending(old), calls, fields, time, standing.now);
        if revision.is_empty() {
            return seen.map_or(Ok(true), |seen| self.withdraw(session, kind, seen));
        }
        if !revision.adds && !revision.resolves {
            return Ok(true);
        }
        if revision.adds && (len + 2 * payload.len()) as u64 > MAX_LEN {
            return Err(Error::words(Operation::AddTo, Place::Signal(kind), Words::TooMuch));
        }
        // A late answer must not make what still waits look older than it is.
        self.replace(session, standing.after(kind, time), seen, &|out| {
            for piece in revision.pieces(payload, stamp) {
                out.put(piece)?;
            }
            tail(out)
        })
    }

    /// Gives a file a name that nothing has. Some file systems, such as FAT, cannot look and rename in one step. There a signal that
    /// appears between the two steps is lost, and only the lock keeps that from happening.
    fn put(&self, from: &Name, to: &Name) -> sys::Result<()> {
        match self.put_new(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => match self.directory.metadata(to.as_cstr()) {
                Ok(_) => Err(EEXIST),
                Err(_) => self.directory.rename(from.as_cstr(), to.as_cstr()),
            },
        }
    }

    /// The same in one step: by a second name where the file system has no other way. It fails where there is none.
    fn put_new(&self, from: &Name, to: &Name) -> sys::Result<()> {
        let (from, to) = (from.as_cstr(), to.as_cstr());
        match self.directory.rename_new(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => self.directory.link(from, to).and_then(|()| self.directory.remove(from)),
        }
    }

    /// Exchanges a temporary file and the signal. Where the file system cannot do that at once, in two steps; `EEXIST`
    /// where somebody publishes in between. In any case nothing is lost.
    fn exchange(&self, session: &[u8], kind: Kind, temporary: &Name) -> sys::Result<()> {
        let name = name(session, kind);
        match self.directory.exchange(temporary.as_cstr(), name.as_cstr()) {
            Err(errno) if errno != ENOENT => {}
            result => return result,
        }
        let aside = self.temporary(session, kind, None, None);
        self.directory.rename(name.as_cstr(), aside.as_cstr())?;
        match self.put(temporary, &name) {
            Ok(()) => self.directory.rename(aside.as_cstr(), temporary.as_cstr()),
            error => self.put_back(session, kind, &aside).and(error),
        }
    }

    /// Writes a temporary file; its name.
    fn write(
        &self,
        session: &[u8],
        kind: Kind,
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut Writer) -> sys::Result<()>,
    ) -> Result<Name> {
        let temporary = self.temporary(session, kind, Some(time), seen);
        let fail = |operation| Error::at(operation, Place::Signal(kind));
        let file = self.directory.create_file(temporary.as_cstr()).map_err(fail(Operation::Create))?;
        write(file, time, content).map_err(|errno| {
            // What matters is the error at hand.
            let _ = self.directory.remove(temporary.as_cstr());
            fail(Operation::Write)(errno)
        })?;
        Ok(temporary)
    }

    /// Deletes a temporary file that still holds what was written to it: what else it holds is somebody's signal.
    fn discard(&self, temporary: &Name, time: Time) {
        if self.time_of(temporary) == Ok(time) {
            let _ = self.directory.remove(temporary.as_cstr());
        }
    }

    /// A name that nobody else has: see [`Aside`].
    fn temporary(&self, session: &[u8], kind: Kind, own: Option<Time>, expected: Option<Time>) -> Name {
        let mut name = Name::of(&[b".", session, b".", kind.word().as_bytes()]);
        let nanoseconds = |time: Option<Time>| time.map_or(0, Time::to_nanoseconds);
        for number in [self.random.replace(self.random.get().wrapping_add(1)), nanoseconds(own), nanoseconds(expected)]
        {
            name.push(b".");
            name.push_hex(number);
        }
        name
    }
}

/// Whether a signal is that of a newer event. One of the future is older: the clock stepped back.
fn is_newer(found: Time, time: Time) -> bool {
    time < found && !sys::now().is_ok_and(|now| now < found)
}

/// What is gone, or has been replaced, is to be looked at again.
fn settled(result: sys::Result<bool>) -> sys::Result<bool> {
    match result {
        Err(ENOENT | EEXIST) => Ok(false),
        result => result,
    }
}

/// An error of our own is one of a list that is too large.
fn errno(error: Error) -> Errno {
    match error.reason {
        Reason::System(errno) => errno,
        _ => EFBIG,
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

/// Others are waited for, but not for ever: who holds the lock may have been stopped.
fn lock(directory: &Directory, patience: u32) -> bool {
    let mut begin = None;
    loop {
        match directory.try_lock() {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => return false,
        }
        let Ok(now) = sys::monotonic() else { return false };
        let waited = u32::try_from(now - *begin.get_or_insert(now)).unwrap_or(patience);
        if waited >= patience {
            return false;
        }
        sys::sleep((waited / 4).clamp(1, 10).min(patience - waited));
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
