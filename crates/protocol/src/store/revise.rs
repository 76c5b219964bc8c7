//! Changes the list of pending calls.

use super::errors::{EAGAIN, EEXIST, ENOENT, changed_means_false};
use super::list_change::ListChange;
use super::publish::MAX_ATTEMPTS;
use super::signal_store::{MAX_SIGNAL_LEN, SignalStore};
use super::signal_writer::SignalWriter;
use crate::decision::{EventFacts, StoredSignals};
use crate::error::{Error, Operation, Problem, Reason, Result, Subject};
use crate::event_table::CallEffect;
use crate::file_names::signal_file_name;
use crate::payload::PayloadFields;
use crate::pending_calls;
use crate::signal_kind::SignalKind;
use crate::system;
use crate::text::Name;
use crate::time::Time;

impl SignalStore {
    /// Adds a call to the pending calls, or removes those that an event resolves. If another process changes the list at the
    /// same time, the change is repeated on the new list.
    ///
    /// # Errors
    /// [`Problem::ListFull`] if the list would be too large to be read; [`Problem::SignalTooLarge`] if it already is, unless the
    /// event resolves all of it; otherwise the system's error, which is `EAGAIN` after [`MAX_ATTEMPTS`] tries.
    pub fn revise_calls(&self, session: &[u8], change: &ListChange, mut stored: StoredSignals) -> Result<()> {
        for _ in 0..MAX_ATTEMPTS {
            if self.try_revise_calls(session, change, &stored)? {
                return Ok(());
            }
            stored = self.stored_signals(session)?;
        }
        Err(Error::from_system(Operation::Change, Subject::Signal(SignalKind::Permission))(EAGAIN))
    }

    /// Makes the change once. Returns `false` if the list is no longer the one in `stored`.
    pub(super) fn try_revise_calls(&self, session: &[u8], change: &ListChange, stored: &StoredSignals) -> Result<bool> {
        let ListChange { effect, fields, time, payload, stamp, tail } = *change;
        let kind = SignalKind::Permission;
        let version = stored.modified[kind as usize];
        let old = match version.map(|_| self.read_signal(session, kind)) {
            Some(Err(_)) if self.modified_at(session, kind) != version => return Ok(false),
            // The list is too large, so no reader can read it, and it counts as empty for an event that resolves all calls. On
            // any other error, the list may be readable later, so it is kept.
            Some(Err(Error { reason: Reason::Problem(_), .. }))
                if matches!(effect, CallEffect::ResolveAgent | CallEffect::ResolveAll) =>
            {
                Default::default()
            }
            old => old.transpose()?.unwrap_or_default(),
        };
        let len = old.len();
        let revised = pending_calls::revise_list(pending_calls::list_of(old), effect, fields, time, stored.now);
        if revised.is_empty() {
            return version.map_or(Ok(true), |version| self.remove_version(session, kind, version));
        }
        if !revised.adds && !revised.resolves {
            return Ok(true);
        }
        if revised.adds && (len + 2 * payload.len()) as u64 > MAX_SIGNAL_LEN {
            return Err(Error::from_problem(Operation::AddTo, Subject::Signal(kind), Problem::ListFull));
        }
        // A late result must not make the calls that still wait look older than they are.
        self.replace_list(session, stored.next_version_time(kind, time), version, &|out| {
            for piece in revised.pieces(payload, stamp) {
                out.put(piece)?;
            }
            tail(out)
        })
    }

    /// Publishes a list that replaces this version. Returns `false` if another version is stored by now. Then nothing is changed,
    /// and the caller must revise the list again.
    pub(super) fn replace_list(
        &self,
        session: &[u8],
        time: Time,
        version: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
    ) -> Result<bool> {
        let temporary = self.write_temporary(session, SignalKind::Permission, time, version, content)?;
        let result = self.swap_list(session, &temporary, time, version);
        if result != Ok(true) {
            self.discard_temporary(&temporary, time);
        }
        changed_means_false(result)
            .map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
    }

    /// Replaces this version of the list by a temporary file whose modification time is `time`.
    pub(super) fn swap_list(
        &self,
        session: &[u8],
        temporary: &Name,
        time: Time,
        version: Option<Time>,
    ) -> system::Result<bool> {
        let kind = SignalKind::Permission;
        let Some(version) = version else {
            return self.put_if_absent(temporary, &signal_file_name(session, kind)).map(|()| true);
        };
        self.exchange_with_signal(session, kind, temporary)?;
        let found = self.modification_time(temporary);
        if found == Ok(version) {
            return self.directory.remove(temporary.as_cstr()).map(|()| true);
        }
        // Another process changed the list first, so its list goes back. The list that this exchange takes out is the one of
        // this hook, unless yet another process has changed it in between.
        match self.exchange_with_signal(session, kind, temporary) {
            Err(ENOENT | EEXIST) => {}
            result => result?,
        }
        if found.is_ok() && self.modification_time(temporary)? != time {
            self.put_back(session, kind, temporary)?;
        }
        found.map(|_| false)
    }

    /// Adds the calls of a list under a temporary name to the stored list, one by one, and deletes the temporary file. Calls that
    /// a newer event has resolved are not added.
    pub(super) fn merge_list(&self, session: &[u8], temporary: &Name) -> Result<()> {
        let moved = &*self.read_file(SignalKind::Permission, temporary)?;
        if !pending_calls::has_list(moved) {
            // The file is not a list that this version can read. It is put back if there is no list, and otherwise keeps its
            // temporary name.
            return match self.put_if_absent(temporary, &signal_file_name(session, SignalKind::Permission)) {
                Err(EEXIST) => Ok(()),
                result => {
                    result.map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
                }
            };
        }
        let tail = &|out: &mut SignalWriter| out.put(pending_calls::bytes_after_list(moved));
        for payload in pending_calls::calls(moved) {
            let fields = &PayloadFields::parse(payload);
            let time = pending_calls::requested_at(fields).unwrap_or_default();
            let stored = self.stored_signals(session)?;
            if !stored.is_late(&EventFacts {
                time,
                is_subagent: !fields.subagent_id().is_empty(),
                ..EventFacts::default()
            }) {
                self.revise_calls(
                    session,
                    &ListChange { effect: CallEffect::Add, fields, time, payload, stamp: b"", tail },
                    stored,
                )?;
            }
        }
        self.directory
            .remove(temporary.as_cstr())
            .map_err(Error::from_system(Operation::Delete, Subject::Signal(SignalKind::Permission)))
    }
}
