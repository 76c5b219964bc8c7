//! Heals the spool: where the files alone say something else than all the evidence, they are made to say the same.
//!
//! A healed signal is decided and written under the spool's lock, and is a nanosecond newer than what it replaces:
//! no event that comes, or that waits at the lock, finds it newer than itself.

pub mod repair_plan;
pub mod repaired_signal;

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use session_signals_protocol::error::Error;
use session_signals_protocol::store::SignalStore;
use session_signals_protocol::text::Text;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind, StoredSignals};

use crate::evidence::Evidence;
use crate::regular_file;
use crate::signal;
use crate::signal::SessionSignals;
use crate::timestamps;
pub use repair_plan::{RepairPlan, plan_repair};

/// Does to a session's files what the treatment says, unless they are no longer those of the evidence: `false`.
///
/// # Errors
/// `WouldBlock` where somebody else has the spool's lock: nobody is waited for. Where the spool is not to be used, or
/// cannot be written to.
pub fn apply_plan(directory: &Path, session: &str, evidence: &Evidence, treatment: &RepairPlan) -> io::Result<bool> {
    let path = Text::concat(&[directory.as_os_str().as_bytes()]);
    let id = session.as_bytes();
    let random = RandomState::new().hash_one(session);
    let told = |error: Error| {
        let line = error.to_line("heal", &path, id);
        io::Error::other(String::from_utf8_lossy(line.as_bytes().trim_ascii()).into_owned())
    };
    let Some(store) = SignalStore::open_at(&path, random, false, 0).map_err(told)? else { return Ok(false) };
    if !store.is_locked {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let done = || {
        let standing = store.stored_signals(id)?;
        if !are_unchanged(&evidence.signals, &standing) {
            return Ok(false);
        }
        if let Some(kind) = treatment.publish {
            let read = |kind: Option<SignalKind>| {
                let path = kind.map(|kind| signal::signal_path(directory, session, kind));
                let content = path.and_then(|path| regular_file::read_regular(&path, signal::MAX_SIGNAL_LEN).ok());
                content.map(|content| content.bytes).unwrap_or_default()
            };
            let (base, turn) = (read(treatment.base), read(treatment.turn));
            let content = repaired_signal::repaired_signal(&base, &turn, session, kind, treatment);
            store.publish(id, kind, treatment.time, &standing, &|out| out.put(&content))?;
        }
        for kind in SIGNAL_KINDS.into_iter().filter(|kind| treatment.clear[*kind as usize]) {
            // What has come since stays.
            if let Some(seen) = standing.modified[kind as usize] {
                store.remove_version(id, kind, seen)?;
            }
        }
        // An event that came meanwhile is newer.
        store.remove_superseded(id, &store.stored_signals(id)?)?;
        Ok(true)
    };
    done().map_err(told)
}

/// Whether these are the signals that stand.
fn are_unchanged(signals: &SessionSignals, standing: &StoredSignals) -> bool {
    let seen = |kind: SignalKind| signals.get(kind).map(|signal| timestamps::to_hook_time(signal.at));
    SIGNAL_KINDS.iter().all(|kind| seen(*kind) == standing.modified[*kind as usize])
}
