//! Changes the calls that wait.

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
    pub(super) fn try_revise_calls(
        &self,
        session: &[u8],
        change: &ListChange,
        standing: &StoredSignals,
    ) -> Result<bool> {
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
        let revision = pending_calls::revise_list(pending_calls::list_of(old), calls, fields, time, standing.now);
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

    /// Publishes the calls that wait, in the place of the version `seen`. `false` where that is no longer what stands:
    /// then everything is as it was, and the list is to be made anew.
    pub(super) fn replace_list(
        &self,
        session: &[u8],
        time: Time,
        seen: Option<Time>,
        content: &dyn Fn(&mut SignalWriter) -> system::Result<()>,
    ) -> Result<bool> {
        let temporary = self.write_temporary(session, SignalKind::Permission, time, seen, content)?;
        let result = self.swap_list(session, &temporary, time, seen);
        if result != Ok(true) {
            self.discard_temporary(&temporary, time);
        }
        changed_means_false(result)
            .map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
    }

    pub(super) fn swap_list(
        &self,
        session: &[u8],
        temporary: &Name,
        time: Time,
        seen: Option<Time>,
    ) -> system::Result<bool> {
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

    /// Adds the calls of a list that was moved aside to those that stand by now, one by one: but for those that
    /// something newer has answered.
    pub(super) fn merge_list(&self, session: &[u8], aside: &Name) -> Result<()> {
        let lost = &*self.read_file(SignalKind::Permission, aside)?;
        if !pending_calls::has_list(lost) {
            // Nobody can tell what waits there. The file comes back where nothing stands, and stays aside otherwise.
            return match self.put_if_absent(aside, &signal_file_name(session, SignalKind::Permission)) {
                Err(EEXIST) => Ok(()),
                result => {
                    result.map_err(Error::from_system(Operation::Rename, Subject::Signal(SignalKind::Permission)))
                }
            };
        }
        let tail = &|out: &mut SignalWriter| out.put(pending_calls::bytes_after_list(lost));
        for payload in pending_calls::calls(lost) {
            let fields = &PayloadFields::parse(payload);
            let time = pending_calls::requested_at(fields).unwrap_or_default();
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
}
