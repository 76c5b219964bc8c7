//! Publishes signals.

use super::errors::{EAGAIN, EEXIST, ENOENT, errno_of};
use super::signal_store::SignalStore;
use super::signal_writer::{SignalWriter, write_file};
use crate::decision::StoredSignals;
use crate::error::{Error, Operation, Result, Subject};
use crate::file_names::signal_file_name;
use crate::signal_kind::SignalKind;
use crate::system;
use crate::text::Name;
use crate::time::Time;

/// How often a change is tried if other processes change the same signal at the same time.
pub const MAX_ATTEMPTS: usize = 32;

impl SignalStore {
    /// Publishes a signal that is not a `permission`, as a whole or not at all. If a newer signal of the kind is stored, that one
    /// stays, and the new file is deleted.
    ///
    /// `time` is the time of the event, and `content` writes the signal.
    ///
    /// # Errors
    /// The system's error. The old signal is then unchanged, and no temporary file is left.
    pub fn publish(
        &self,
        session: &[u8],
        kind: SignalKind,
        time: Time,
        stored: &StoredSignals,
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
    ) -> Result<()> {
        let temporary = self.write_temporary(session, kind, time, stored.modified[kind as usize], content)?;
        self.put_in_place(session, kind, &temporary).map_err(|errno| {
            self.discard_temporary(&temporary, time);
            Error::from_system(Operation::Rename, Subject::Signal(kind))(errno)
        })
    }

    /// Gives a temporary file the name of its signal. If a signal is there already, the newer of the two stays, and the other
    /// one is deleted.
    pub(super) fn put_in_place(&self, session: &[u8], kind: SignalKind, temporary: &Name) -> system::Result<()> {
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
                // The signal that was replaced is newer, so it goes back in the next round.
                Ok(found) if is_newer(found, time) => {}
                Ok(_) => return self.directory.remove(temporary.as_cstr()),
                // It is not known which one is newer, so the exchange is undone.
                error => return self.exchange_with_signal(session, kind, temporary).and(error.map(drop)),
            }
        }
        Err(EAGAIN)
    }

    /// Puts back a signal that must not be deleted.
    pub(super) fn put_back(&self, session: &[u8], kind: SignalKind, temporary: &Name) -> system::Result<()> {
        if kind != SignalKind::Permission {
            return self.put_in_place(session, kind, temporary);
        }
        match self.put_if_absent_atomically(temporary, &signal_file_name(session, kind)) {
            result @ (Ok(()) | Err(ENOENT)) => result,
            // The file system cannot do this in one step. If there is no list, this one keeps its temporary name until it is
            // recovered: a rename could overwrite a list that another process publishes now.
            Err(errno) if errno != EEXIST && self.modified_at(session, kind).is_none() => Ok(()),
            Err(_) => self.merge_list(session, temporary).map_err(errno_of),
        }
    }

    /// Renames a file if the new name is free; otherwise returns `EEXIST`. Some file systems, such as FAT, cannot check and rename
    /// in one step. On these, a signal that is published between the two steps is lost, and only the lock prevents that.
    pub(super) fn put_if_absent(&self, from: &Name, to: &Name) -> system::Result<()> {
        match self.put_if_absent_atomically(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => match self.directory.metadata(to.as_cstr()) {
                Ok(_) => Err(EEXIST),
                Err(_) => self.directory.rename(from.as_cstr(), to.as_cstr()),
            },
        }
    }

    /// Renames a file in one step if the new name is free; otherwise returns `EEXIST`. Uses a hard link if the file system has no
    /// exclusive rename, and fails if it has no hard links either.
    pub(super) fn put_if_absent_atomically(&self, from: &Name, to: &Name) -> system::Result<()> {
        let (from, to) = (from.as_cstr(), to.as_cstr());
        match self.directory.rename_new(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => self.directory.link(from, to).and_then(|()| self.directory.remove(from)),
        }
    }

    /// Exchanges a temporary file and the signal. If the file system cannot do that in one step, it is done in two, and the
    /// result is `EEXIST` if another process publishes in between. No signal is lost in any case.
    pub(super) fn exchange_with_signal(
        &self,
        session: &[u8],
        kind: SignalKind,
        temporary: &Name,
    ) -> system::Result<()> {
        let name = signal_file_name(session, kind);
        match self.directory.exchange(temporary.as_cstr(), name.as_cstr()) {
            Err(errno) if errno != ENOENT => {}
            result => return result,
        }
        let old = self.new_temporary_name(session, kind, None, None);
        self.directory.rename(name.as_cstr(), old.as_cstr())?;
        match self.put_if_absent(temporary, &name) {
            Ok(()) => self.directory.rename(old.as_cstr(), temporary.as_cstr()),
            error => self.put_back(session, kind, &old).and(error),
        }
    }

    /// Writes a temporary file, and returns its name. `time` is the time of the event, and `replaces` the version of the signal
    /// that the file is meant to replace.
    pub(super) fn write_temporary(
        &self,
        session: &[u8],
        kind: SignalKind,
        time: Time,
        replaces: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
    ) -> Result<Name> {
        let temporary = self.new_temporary_name(session, kind, Some(time), replaces);
        let fail = |operation| Error::from_system(operation, Subject::Signal(kind));
        let file = self.directory.create_file(temporary.as_cstr()).map_err(fail(Operation::Create))?;
        write_file(file, time, content).map_err(|errno| {
            // The error of the write is the one to report.
            let _ = self.directory.remove(temporary.as_cstr());
            fail(Operation::Write)(errno)
        })?;
        Ok(temporary)
    }

    /// Deletes a temporary file if it still holds the version that was written to it. Any other version is a signal.
    pub(super) fn discard_temporary(&self, temporary: &Name, time: Time) {
        if self.modification_time(temporary) == Ok(time) {
            let _ = self.directory.remove(temporary.as_cstr());
        }
    }

    /// Returns a unique name for a temporary file: see [`TemporaryName`](crate::temporary_name::TemporaryName).
    pub(super) fn new_temporary_name(
        &self,
        session: &[u8],
        kind: SignalKind,
        own: Option<Time>,
        expected: Option<Time>,
    ) -> Name {
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

/// Returns whether a signal modified at `found` is newer than `time`. A signal from the future counts as old: it was written
/// before the clock was set back.
pub(super) fn is_newer(found: Time, time: Time) -> bool {
    time < found && !system::now().is_ok_and(|now| now < found)
}
