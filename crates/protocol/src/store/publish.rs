//! Puts a signal in its place.

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

/// How often a change is made anew where others change the same signal at the same time.
pub const MAX_ATTEMPTS: usize = 32;

impl SignalStore {
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
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
    ) -> Result<()> {
        let temporary = self.write_temporary(session, kind, time, standing.modified[kind as usize], content)?;
        self.put_in_place(session, kind, &temporary).map_err(|errno| {
            self.discard_temporary(&temporary, time);
            Error::from_system(Operation::Rename, Subject::Signal(kind))(errno)
        })
    }

    /// Puts a state where it belongs: the newest of its kind stays, and the others go.
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
    pub(super) fn put_back(&self, session: &[u8], kind: SignalKind, aside: &Name) -> system::Result<()> {
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

    /// Gives a file a name that nothing has. Some file systems, such as FAT, cannot look and rename in one step. There a signal that
    /// appears between the two steps is lost, and only the lock keeps that from happening.
    pub(super) fn put_if_absent(&self, from: &Name, to: &Name) -> system::Result<()> {
        match self.put_if_absent_atomically(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => match self.directory.metadata(to.as_cstr()) {
                Ok(_) => Err(EEXIST),
                Err(_) => self.directory.rename(from.as_cstr(), to.as_cstr()),
            },
        }
    }

    /// The same in one step: by a second name where the file system has no other way. It fails where there is none.
    pub(super) fn put_if_absent_atomically(&self, from: &Name, to: &Name) -> system::Result<()> {
        let (from, to) = (from.as_cstr(), to.as_cstr());
        match self.directory.rename_new(from, to) {
            result @ (Ok(()) | Err(ENOENT | EEXIST)) => result,
            Err(_) => self.directory.link(from, to).and_then(|()| self.directory.remove(from)),
        }
    }

    /// Exchanges a temporary file and the signal. Where the file system cannot do that at once, in two steps; `EEXIST`
    /// where somebody publishes in between. In any case nothing is lost.
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
        let aside = self.new_temporary_name(session, kind, None, None);
        self.directory.rename(name.as_cstr(), aside.as_cstr())?;
        match self.put_if_absent(temporary, &name) {
            Ok(()) => self.directory.rename(aside.as_cstr(), temporary.as_cstr()),
            error => self.put_back(session, kind, &aside).and(error),
        }
    }

    /// Writes a temporary file; its name.
    pub(super) fn write_temporary(
        &self,
        session: &[u8],
        kind: SignalKind,
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
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
    pub(super) fn discard_temporary(&self, temporary: &Name, time: Time) {
        if self.modification_time(temporary) == Ok(time) {
            let _ = self.directory.remove(temporary.as_cstr());
        }
    }

    /// A name that nobody else has: see [`Aside`].
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

/// Whether a signal is that of a newer event. One of the future is older: the clock stepped back.
pub(super) fn is_newer(found: Time, time: Time) -> bool {
    time < found && !system::now().is_ok_and(|now| now < found)
}
