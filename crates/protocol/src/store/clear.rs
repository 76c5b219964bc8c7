//! Removes a signal.

use super::errors::changed_means_false;
use super::publish::is_newer;
use super::signal_store::SignalStore;
use crate::decision::StoredSignals;
use crate::error::{Error, Operation, Result, Subject};
use crate::file_names::signal_file_name;
use crate::signal_kind::{SIGNAL_KINDS, SignalKind};
use crate::time::Time;

impl SignalStore {
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
    pub(super) fn take_out(&self, session: &[u8], kind: SignalKind, seen: Time, up_to: Option<Time>) -> Result<bool> {
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
}
