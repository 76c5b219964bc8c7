//! Deletes signals.

use super::errors::changed_means_false;
use super::publish::is_newer;
use super::signal_store::SignalStore;
use crate::decision::StoredSignals;
use crate::error::{Error, Operation, Result, Subject};
use crate::file_names::signal_file_name;
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::time::Time;

impl SignalStore {
    /// Deletes a signal if it is among the `stored` ones and has not been replaced by one that is newer than `time`.
    ///
    /// # Errors
    /// The system's error if the signal cannot be deleted.
    pub fn clear_signal(&self, session: &[u8], kind: SignalKind, time: Time, stored: &StoredSignals) -> Result<()> {
        match stored.modified[kind as usize] {
            Some(version) if !stored.has_newer(kind, time) => {
                self.take_out(session, kind, version, Some(time)).map(drop)
            }
            _ => Ok(()),
        }
    }

    /// Deletes exactly this version of a signal. Returns `false` if another version, or none, is stored.
    ///
    /// # Errors
    /// The system's error if the signal cannot be deleted.
    pub fn remove_version(&self, session: &[u8], kind: SignalKind, version: Time) -> Result<bool> {
        self.take_out(session, kind, version, None)
    }

    /// Moves a signal to a temporary name, so that nobody can replace it. Then deletes it if it is this version, or not newer
    /// than `up_to`; otherwise puts it back and returns `false`.
    pub(super) fn take_out(
        &self,
        session: &[u8],
        kind: SignalKind,
        version: Time,
        up_to: Option<Time>,
    ) -> Result<bool> {
        let temporary = self.new_temporary_name(session, kind, None, Some(version));
        let take_out = || {
            self.directory.rename(signal_file_name(session, kind).as_cstr(), temporary.as_cstr())?;
            let found = self.modification_time(&temporary);
            let is_meant = |found| found == version || up_to.is_some_and(|time| !is_newer(found, time));
            let result = match found {
                Ok(found) if is_meant(found) => self.directory.remove(temporary.as_cstr()).map(|()| true),
                found => found.map(|_| false),
            };
            if result != Ok(true) {
                self.put_back(session, kind, &temporary)?;
            }
            result
        };
        changed_means_false(take_out()).map_err(Error::from_system(Operation::Delete, Subject::Signal(kind)))
    }

    /// Deletes the signals that [`StoredSignals::superseded_by`] says are false.
    ///
    /// # Errors
    /// The system's error if a signal cannot be deleted.
    pub fn remove_superseded(&self, session: &[u8], stored: &StoredSignals) -> Result<()> {
        for kind in SIGNAL_KINDS {
            if let (Some(_), Some(version)) = (stored.superseded_by(kind), stored.modified[kind as usize]) {
                self.remove_version(session, kind, version)?;
            }
        }
        Ok(())
    }
}
