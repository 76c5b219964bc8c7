//! The signal directory: lock, look, publish, clear, bring back.
//!
//! Whoever waits for the lock in vain goes on without it, and a process can be stopped between any two of its calls. So
//! the lock makes conflicts rare, and no more: every operation here is safe against anybody. A signal is put where
//! nothing stands, or exchanged for what stands; and nothing is deleted but what has been taken out and looked at.

use core::cell::Cell;

use crate::buffer::Buffer;
use crate::calls;
use crate::change::ListChange;
use crate::error::{Error, Operation, Problem, Reason, Result, Subject};
use crate::event::{CallEffect, EventFacts, SIGNAL_KINDS, SignalKind, StoredSignals};
use crate::payload::PayloadFields;
use crate::sys::{self, Directory, Environment, Errno, File};
use crate::temporary_name::{self, Leftover, TemporaryName};
use crate::text::{Name, Path};
use crate::time::Time;

/// How long others are waited for, in milliseconds, before going on without the lock.
pub const LOCK_TIMEOUT_MS: u32 = 200;

/// For how many seconds what bears a temporary name is taken for a living hook's.
pub const RECOVER_AFTER_SECONDS: u64 = 60;

/// How often a change is made anew where others change the same signal at the same time.
pub const MAX_ATTEMPTS: usize = 32;

/// What a missing file or directory is called.
const ENOENT: Errno = Errno(2);
const EEXIST: Errno = Errno(17);
/// Others are quicker, again and again.
const EAGAIN: Errno = Errno(11);
const EFBIG: Errno = Errno(27);

/// A signal, or its temporary file, larger than this is not read: 4 payloads.
pub const MAX_SIGNAL_LEN: u64 = 256 << 20;

/// What the spool is called in the configuration directory.
pub const DIRECTORY: &[u8] = b"/session-signals";

/// The path of the spool, in the configuration directory.
///
/// # Errors
/// Where the environment does not say, or it is longer than the system takes.
pub fn signal_dir_path(environment: &Environment) -> Result<Path> {
    let set = |name| environment.variable(name).filter(|value| !value.is_empty());
    let parts: [&[u8]; 3] = match (set("CLAUDE_CONFIG_DIR"), set("HOME")) {
        (Some(config), _) => [config, b"", DIRECTORY],
        (None, Some(home)) => [home, b"/.claude", DIRECTORY],
        (None, None) => return Err(Error::from_problem(Operation::Find, Subject::Config, Problem::NoHome)),
    };
    // In place: a path is a page, and every copy of it another one for the kernel to find.
    let path = Path::concat(&parts);
    if path.overflowed() {
        return Err(Error::from_problem(Operation::Find, Subject::Config, Problem::LongPath));
    }
    Ok(path)
}

/// The open spool directory.
pub struct SignalStore {
    directory: Directory,
    /// Makes names of temporary files that nobody can foresee, each of them once.
    random: Cell<u64>,
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
        standing.now = sys::now().map_err(Error::from_system(Operation::Read, Subject::Clock))?;
        Ok(standing)
    }

    /// A signal's content.
    ///
    /// # Errors
    /// Where it cannot be read whole.
    pub fn read_signal(&self, session: &[u8], kind: SignalKind) -> Result<&'static mut [u8]> {
        self.read_file(kind, &signal_file_name(session, kind))
    }

    fn read_file(&self, kind: SignalKind, name: &Name) -> Result<&'static mut [u8]> {
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

    fn modification_time(&self, name: &Name) -> sys::Result<Time> {
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
        kind: SignalKind,
        time: Time,
        standing: &StoredSignals,
        content: &dyn Fn(&mut SignalWriter) -> sys::Result<()>,
    ) -> Result<()> {
        let temporary = self.write_temporary(session, kind, time, standing.modified[kind as usize], content)?;
        self.put_in_place(session, kind, &temporary).map_err(|errno| {
            self.discard_temporary(&temporary, time);
            Error::from_system(Operation::Rename, Subject::Signal(kind))(errno)
        })
    }

    /// Publishes the calls that wait, in the place of the version `seen`. `false` where that is no longer what stands:
    /// then everything is as it was, and the list is to be made anew.
    fn replace_list(
        &self,
        session: &[u8],
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> sys::Result<()>,
    ) -> Result<bool> {
        let temporary = self.write_temporary(session, SignalKind::Permission, time, seen, content)?;
        let result = self.swap_list(session, &temporary, time, seen);
        if result != Ok(true) {
            self.discard_temporary(&temporary, time);
        }
        changed_means_false(result)
            .map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
    }

    fn swap_list(&self, session: &[u8], temporary: &Name, time: Time, seen: Option<Time>) -> sys::Result<bool> {
        let kind = SignalKind::Permission;
        let Some(seen) = seen else {
            return self.put_if_absent(temporary, &signal_file_name(session, kind)).map(|()| true);
        };
        self.exchange_with_signal(session, kind, temporary)?;
        let found = self.modification_time(temporary);
        if found == Ok(seen) {
            return self.directory.remove(temporary.as_cstr()).map(|()| true);
        }
        // Somebody was quicker: theirs goes back. What then comes out is ours, unless somebody built on it.
        match self.exchange_with_signal(session, kind, temporary) {
            Err(ENOENT | EEXIST) => {}
            result => result?,
        }
        if found.is_ok() && self.modification_time(temporary)? != time {
            self.put_back(session, kind, temporary)?;
        }
        found.map(|_| false)
    }

    /// Deletes a signal, if one stood when it was looked and has not been replaced by one that is newer than `time`.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn clear_signal(&self, session: &[u8], kind: SignalKind, time: Time, standing: &StoredSignals) -> Result<()> {
        match standing.modified[kind as usize] {
            Some(seen) if !standing.has_newer(kind, time) => self.take_out(session, kind, seen, Some(time)).map(drop),
            _ => Ok(()),
        }
    }

    /// Deletes a signal of exactly this version; `false` where it is not what stands.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn remove_version(&self, session: &[u8], kind: SignalKind, seen: Time) -> Result<bool> {
        self.take_out(session, kind, seen, None)
    }

    /// Moves a signal aside, so that nobody can put another one in its place, looks, and deletes it or puts it back.
    fn take_out(&self, session: &[u8], kind: SignalKind, seen: Time, up_to: Option<Time>) -> Result<bool> {
        let aside = self.new_temporary_name(session, kind, None, Some(seen));
        let take = || {
            self.directory.rename(signal_file_name(session, kind).as_cstr(), aside.as_cstr())?;
            let found = self.modification_time(&aside);
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
        changed_means_false(take()).map_err(Error::from_system(Operation::Delete, Subject::Signal(kind)))
    }

    /// Of several states the newest stays, and nothing that it supersedes.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn remove_superseded(&self, session: &[u8], standing: &StoredSignals) -> Result<()> {
        for kind in SIGNAL_KINDS {
            if let (Some(_), Some(seen)) = (standing.superseded_by(kind), standing.modified[kind as usize]) {
                self.remove_version(session, kind, seen)?;
            }
        }
        Ok(())
    }

    /// What a name that begins with a dot is. Only looks.
    fn classify_leftover(&self, name: &[u8]) -> Leftover {
        let (Some(aside), file) = (TemporaryName::parse(name), Name::concat(&[name])) else { return Leftover::Foreign };
        match self.directory.metadata(file.as_cstr()) {
            Ok(metadata) if metadata.is_file => {
                let is_whole =
                    || self.read_file(aside.kind, &file).ok().map(|text| temporary_name::is_complete_signal(text));
                aside.classify(metadata.modified, is_whole)
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
    pub fn recover_leftover(&self, name: &[u8]) -> Result<Leftover> {
        let remnant = self.classify_leftover(name);
        let Some(TemporaryName { session, kind, .. }) = TemporaryName::parse(name) else { return Ok(remnant) };
        let file = Name::concat(&[name]);
        let fail = Error::from_system(Operation::Recover, Subject::Signal(kind));
        match remnant {
            Leftover::Foreign | Leftover::Unreadable => {}
            Leftover::Garbage => self.directory.remove(file.as_cstr()).map_err(fail)?,
            Leftover::Signal => {
                let recover = || {
                    if kind == SignalKind::Permission {
                        return self.merge_list(session, &file).map_err(errno_of);
                    }
                    let (time, standing) =
                        (self.modification_time(&file)?, self.stored_signals(session).map_err(errno_of)?);
                    // One from the future is older than whatever stands.
                    let past = if time > standing.now { Time::default() } else { time };
                    if standing.is_late(&EventFacts { time: past, ..EventFacts::default() }) {
                        return self.directory.remove(file.as_cstr());
                    }
                    self.put_in_place(session, kind, &file)
                };
                recover().map_err(fail)?;
                self.remove_superseded(session, &self.stored_signals(session)?)?;
            }
        }
        Ok(remnant)
    }

    /// Puts a state where it belongs: the newest of its kind stays, and the others go.
    fn put_in_place(&self, session: &[u8], kind: SignalKind, temporary: &Name) -> sys::Result<()> {
        for _ in 0..MAX_ATTEMPTS {
            match self.put_if_absent(temporary, &signal_file_name(session, kind)) {
                Err(EEXIST) => {}
                result => return result,
            }
            let time = self.modification_time(temporary)?;
            match self.exchange_with_signal(session, kind, temporary) {
                Err(ENOENT | EEXIST) => continue,
                result => result?,
            }
            match self.modification_time(temporary) {
                // What came out is newer, so it goes back.
                Ok(found) if is_newer(found, time) => {}
                Ok(_) => return self.directory.remove(temporary.as_cstr()),
                // Nobody can tell which one is newer: all stays as it was.
                error => return self.exchange_with_signal(session, kind, temporary).and(error.map(drop)),
            }
        }
        Err(EAGAIN)
    }

    /// Puts back what turned out to be somebody else's.
    fn put_back(&self, session: &[u8], kind: SignalKind, aside: &Name) -> sys::Result<()> {
        if kind != SignalKind::Permission {
            return self.put_in_place(session, kind, aside);
        }
        match self.put_if_absent_atomically(aside, &signal_file_name(session, kind)) {
            result @ (Ok(()) | Err(ENOENT)) => result,
            // The file system cannot do this in one step. Where nothing stands, the list stays aside until it is recovered:
            // to rename it could overwrite a list that somebody publishes now.
            Err(errno) if errno != EEXIST && self.modified_at(session, kind).is_none() => Ok(()),
            Err(_) => self.merge_list(session, aside).map_err(errno_of),
        }
    }

    /// Adds the calls of a list that was moved aside to those that stand by now, one by one: but for those that
    /// something newer has answered.
    fn merge_list(&self, session: &[u8], aside: &Name) -> Result<()> {
        let lost = &*self.read_file(SignalKind::Permission, aside)?;
        if !calls::has_list(lost) {
            // Nobody can tell what waits there. The file comes back where nothing stands, and stays aside otherwise.
            return match self.put_if_absent(aside, &signal_file_name(session, SignalKind::Permission)) {
                Err(EEXIST) => Ok(()),
                result => {
                    result.map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
                }
            };
        }
        let tail = &|out: &mut SignalWriter| out.put(calls::bytes_after_list(lost));
        for payload in calls::calls(lost) {
            let fields = &PayloadFields::parse(payload);
            let time = calls::requested_at(fields).unwrap_or_default();
            let standing = self.stored_signals(session)?;
            if !standing.is_late(&EventFacts {
                time,
                is_subagent: !fields.subagent_id().is_empty(),
                ..EventFacts::default()
            }) {
                self.revise_calls(
                    session,
                    &ListChange { calls: CallEffect::Add, fields, time, payload, stamp: b"", tail },
                    standing,
                )?;
            }
        }
        self.directory
            .remove(aside.as_cstr())
            .map_err(Error::from_system(Operation::Delete, Subject::Signal(SignalKind::Permission)))
    }

    /// Adds a call to those that wait, or takes those out that an event resolves. Again, on what stands by then, where
    /// somebody was quicker.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn revise_calls(&self, session: &[u8], change: &ListChange, mut standing: StoredSignals) -> Result<()> {
        for _ in 0..MAX_ATTEMPTS {
            if self.try_revise_calls(session, change, &standing)? {
                return Ok(());
            }
            standing = self.stored_signals(session)?;
        }
        Err(Error::from_system(Operation::Change, Subject::Signal(SignalKind::Permission))(EAGAIN))
    }

    /// `false` where the calls that wait are no longer those of `standing`.
    fn try_revise_calls(&self, session: &[u8], change: &ListChange, standing: &StoredSignals) -> Result<bool> {
        let ListChange { calls, fields, time, payload, stamp, tail } = *change;
        let kind = SignalKind::Permission;
        let seen = standing.modified[kind as usize];
        let old = match seen.map(|_| self.read_signal(session, kind)) {
            Some(Err(_)) if self.modified_at(session, kind) != seen => return Ok(false),
            // No reader can tell what waits there. A list that can be read at another time is left for then.
            Some(Err(Error { reason: Reason::Problem(_), .. }))
                if matches!(calls, CallEffect::ResolveAgents | CallEffect::ResolveAll) =>
            {
                Default::default()
            }
            old => old.transpose()?.unwrap_or_default(),
        };
        let len = old.len();
        let revision = calls::revise_list(calls::list_of(old), calls, fields, time, standing.now);
        if revision.is_empty() {
            return seen.map_or(Ok(true), |seen| self.remove_version(session, kind, seen));
        }
        if !revision.adds && !revision.resolves {
            return Ok(true);
        }
        if revision.adds && (len + 2 * payload.len()) as u64 > MAX_SIGNAL_LEN {
            return Err(Error::from_problem(Operation::AddTo, Subject::Signal(kind), Problem::TooMuch));
        }
        // A late answer must not make what still waits look older than it is.
        self.replace_list(session, standing.next_version_time(kind, time), seen, &|out| {
            for piece in revision.pieces(payload, stamp) {
                out.put(piece)?;
            }
            tail(out)
        })
    }

    /// Gives a file a name that nothing has. Some file systems, such as FAT, cannot look and rename in one step. There a signal that
    /// appears between the two steps is lost, and only the lock keeps that from happening.
    fn put_if_absent(&self, from: &Name, to: &Name) -> sys::Result<()> {
        match self.put_if_absent_atomically(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => match self.directory.metadata(to.as_cstr()) {
                Ok(_) => Err(EEXIST),
                Err(_) => self.directory.rename(from.as_cstr(), to.as_cstr()),
            },
        }
    }

    /// The same in one step: by a second name where the file system has no other way. It fails where there is none.
    fn put_if_absent_atomically(&self, from: &Name, to: &Name) -> sys::Result<()> {
        let (from, to) = (from.as_cstr(), to.as_cstr());
        match self.directory.rename_new(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => self.directory.link(from, to).and_then(|()| self.directory.remove(from)),
        }
    }

    /// Exchanges a temporary file and the signal. Where the file system cannot do that at once, in two steps; `EEXIST`
    /// where somebody publishes in between. In any case nothing is lost.
    fn exchange_with_signal(&self, session: &[u8], kind: SignalKind, temporary: &Name) -> sys::Result<()> {
        let name = signal_file_name(session, kind);
        match self.directory.exchange(temporary.as_cstr(), name.as_cstr()) {
            Err(errno) if errno != ENOENT => {}
            result => return result,
        }
        let aside = self.new_temporary_name(session, kind, None, None);
        self.directory.rename(name.as_cstr(), aside.as_cstr())?;
        match self.put_if_absent(temporary, &name) {
            Ok(()) => self.directory.rename(aside.as_cstr(), temporary.as_cstr()),
            error => self.put_back(session, kind, &aside).and(error),
        }
    }

    /// Writes a temporary file; its name.
    fn write_temporary(
        &self,
        session: &[u8],
        kind: SignalKind,
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> sys::Result<()>,
    ) -> Result<Name> {
        let temporary = self.new_temporary_name(session, kind, Some(time), seen);
        let fail = |operation| Error::from_system(operation, Subject::Signal(kind));
        let file = self.directory.create_file(temporary.as_cstr()).map_err(fail(Operation::Create))?;
        write_file(file, time, content).map_err(|errno| {
            // What matters is the error at hand.
            let _ = self.directory.remove(temporary.as_cstr());
            fail(Operation::Write)(errno)
        })?;
        Ok(temporary)
    }

    /// Deletes a temporary file that still holds what was written to it: what else it holds is somebody's signal.
    fn discard_temporary(&self, temporary: &Name, time: Time) {
        if self.modification_time(temporary) == Ok(time) {
            let _ = self.directory.remove(temporary.as_cstr());
        }
    }

    /// A name that nobody else has: see [`Aside`].
    fn new_temporary_name(&self, session: &[u8], kind: SignalKind, own: Option<Time>, expected: Option<Time>) -> Name {
        let mut name = Name::concat(&[b".", session, b".", kind.word().as_bytes()]);
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
fn changed_means_false(result: sys::Result<bool>) -> sys::Result<bool> {
    match result {
        Err(ENOENT | EEXIST) => Ok(false),
        result => result,
    }
}

/// An error of our own is one of a list that is too large.
fn errno_of(error: Error) -> Errno {
    match error.reason {
        Reason::System(errno) => errno,
        _ => EFBIG,
    }
}

/// The configuration directory of a spool's path.
#[cold]
fn parent_dir(spool: &Path) -> Path {
    Path::concat(&[spool.as_bytes().strip_suffix(DIRECTORY).unwrap_or_default()])
}

fn make_dir(path: &Path) -> sys::Result<()> {
    match Directory::create(path.as_cstr()) {
        Ok(()) | Err(EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Others are waited for, but not for ever: who holds the lock may have been stopped.
fn lock_with_timeout(directory: &Directory, patience: u32) -> bool {
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
fn signal_file_name(session: &[u8], kind: SignalKind) -> Name {
    Name::concat(&[session, b".", kind.word().as_bytes(), b".json"])
}

fn write_file(file: File, time: Time, content: &dyn Fn(&mut SignalWriter) -> sys::Result<()>) -> sys::Result<()> {
    let mut writer = SignalWriter { file, buffer: [0; 4096], used: 0 };
    content(&mut writer)?;
    writer.flush()?;
    writer.file.set_modified(time)
}

/// Gathers small pieces, so that a usual signal is one write.
pub struct SignalWriter {
    file: File,
    buffer: [u8; 4096],
    used: usize,
}

impl SignalWriter {
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
