//! Carries out a repair plan.

use std::hash::{BuildHasher as _, RandomState};
use std::io;

use session_signals_protocol::store::SignalStore;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind, StoredSignals};

use super::repair_plan::RepairPlan;
use super::repaired_signal::repaired_signal;
use crate::evidence::Evidence;
use crate::regular_file::read_regular;
use crate::session_signals::SessionSignals;
use crate::signal_dir::{MAX_SIGNAL_LEN, SignalDir};
use crate::store_error::{store_error, store_path};
use crate::timestamps::to_hook_time;

/// Changes the signal files of a session as the plan says. Returns false, and changes nothing, if the files are no longer those
/// of the evidence.
///
/// # Errors
/// - `WouldBlock` if another process has the lock of the directory: this function does not wait.
/// - Any other error with the words of a hook, if the directory is not private to the user or cannot be written to.
pub fn apply_plan(signal_dir: &SignalDir, session: &str, evidence: &Evidence, plan: &RepairPlan) -> io::Result<bool> {
    let id = session.as_bytes();
    let random = RandomState::new().hash_one(session);
    let fail = |error| store_error("repair", signal_dir, session, error);
    let store = SignalStore::open_at(&store_path(signal_dir), random, false, 0).map_err(fail)?;
    let Some(store) = store else { return Ok(false) };
    if !store.is_locked {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let apply = || {
        let stored = store.stored_signals(id)?;
        if !are_unchanged(&evidence.signals, &stored) {
            return Ok(false);
        }
        if let Some(kind) = plan.publish {
            let read = |kind: Option<SignalKind>| {
                let path = kind.map(|kind| signal_dir.signal_path(session, kind));
                let content = path.and_then(|path| read_regular(&path, MAX_SIGNAL_LEN).ok());
                content.map(|content| content.bytes).unwrap_or_default()
            };
            let (base, turn) = (read(plan.base), read(plan.turn));
            let content = repaired_signal(&base, &turn, session, kind, plan);
            store.publish(id, kind, plan.modified, &stored, &|out| out.put(&content))?;
        }
        for kind in SIGNAL_KINDS.into_iter().filter(|kind| plan.clear[*kind as usize]) {
            // A signal that came meanwhile stays.
            if let Some(version) = stored.modified[kind as usize] {
                store.remove_version(id, kind, version)?;
            }
        }
        // The signals of an event that came meanwhile are newer than the repair.
        store.remove_superseded(id, &store.stored_signals(id)?)?;
        Ok(true)
    };
    apply().map_err(fail)
}

/// Returns whether the stored signals are still those that were read.
fn are_unchanged(signals: &SessionSignals, stored: &StoredSignals) -> bool {
    let read_at = |kind: SignalKind| signals.get(kind).map(|signal| to_hook_time(signal.time));
    SIGNAL_KINDS.iter().all(|kind| read_at(*kind) == stored.modified[*kind as usize])
}
