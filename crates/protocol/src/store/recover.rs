//! Recovers what a killed hook left behind.

use super::errors::errno_of;
use super::signal_store::SignalStore;
use crate::decision::EventFacts;
use crate::error::{Error, Operation, Result, Subject};
use crate::signal_kind::SignalKind;
use crate::temporary_name::{self, Leftover, TemporaryName};
use crate::text::Name;
use crate::time::Time;

/// For so many seconds a file with a temporary name is taken for that of a running hook.
pub const RECOVER_AFTER_SECONDS: u64 = 60;

impl SignalStore {
    /// What a name that begins with a dot is. Only looks.
    pub(super) fn classify_leftover(&self, name: &[u8]) -> Leftover {
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
}
