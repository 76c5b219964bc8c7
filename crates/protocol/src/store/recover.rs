//! Recovers the temporary files that killed hooks left behind.

use super::errors::errno_of;
use super::signal_store::SignalStore;
use crate::decision::EventFacts;
use crate::error::{Error, Operation, Result, Subject};
use crate::signal_kind::SignalKind;
use crate::temporary_name::{self, Leftover, TemporaryName};
use crate::text::Name;
use crate::time::Time;

/// For how many seconds a temporary file is taken for that of a running hook.
pub const RECOVER_AFTER_SECONDS: u64 = 60;

impl SignalStore {
    /// Deletes a temporary file that a killed hook left behind, or brings back the signal that it holds. Returns what the file
    /// was. A signal is brought back if no newer event made it false; of a list, those calls that no newer event resolved.
    ///
    /// Use it with the lock, and for files that got their name more than [`RECOVER_AFTER_SECONDS`] ago. Otherwise the file may
    /// belong to a running hook, which must then repeat its work.
    ///
    /// # Errors
    /// The system's error. The file then keeps its temporary name.
    pub fn recover_leftover(&self, name: &[u8]) -> Result<Leftover> {
        let Some(temporary) = TemporaryName::parse(name) else { return Ok(Leftover::Foreign) };
        let TemporaryName { session, kind, .. } = temporary;
        let file = Name::concat(&[name]);
        let leftover = match self.directory.metadata(file.as_cstr()) {
            Ok(metadata) if metadata.is_file => {
                let is_complete =
                    || self.read_file(kind, &file).ok().map(|text| temporary_name::is_complete_signal(text));
                temporary.classify(metadata.modified, is_complete)
            }
            _ => Leftover::Foreign,
        };
        let fail = Error::from_system(Operation::Recover, Subject::Signal(kind));
        match leftover {
            Leftover::Foreign | Leftover::Unreadable => {}
            Leftover::Garbage => self.directory.remove(file.as_cstr()).map_err(fail)?,
            Leftover::Signal => {
                let recover = || {
                    if kind == SignalKind::Permission {
                        return self.merge_list(session, &file).map_err(errno_of);
                    }
                    let (time, stored) =
                        (self.modification_time(&file)?, self.stored_signals(session).map_err(errno_of)?);
                    // A signal from the future counts as older than any other.
                    let time = if time > stored.now { Time::default() } else { time };
                    if stored.is_late(&EventFacts { time, ..EventFacts::default() }) {
                        return self.directory.remove(file.as_cstr());
                    }
                    self.put_in_place(session, kind, &file)
                };
                recover().map_err(fail)?;
                self.remove_superseded(session, &self.stored_signals(session)?)?;
            }
        }
        Ok(leftover)
    }
}
