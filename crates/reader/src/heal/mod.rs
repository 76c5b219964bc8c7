//! Heals the spool: where the files alone say something else than all the evidence, they are made to say the same.
//!
//! A healed signal is decided and written under the spool's lock, and is a nanosecond newer than what it replaces:
//! no event that comes, or that waits at the lock, finds it newer than itself.

pub mod content;
pub mod treatment;

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use session_signals_protocol::error::Error;
use session_signals_protocol::event::{KINDS, Kind, Standing};
use session_signals_protocol::spool::Spool;
use session_signals_protocol::text::Text;

use crate::evidence::{Evidence, Signals, file, moment, spool};
pub use treatment::{Treatment, treatment};

/// Does to a session's files what the treatment says, unless they are no longer those of the evidence: `false`.
///
/// # Errors
/// `WouldBlock` where somebody else has the spool's lock: nobody is waited for. Where the spool is not to be used, or
/// cannot be written to.
pub fn heal(directory: &Path, session: &str, evidence: &Evidence, treatment: &Treatment) -> io::Result<bool> {
    let path = Text::of(&[directory.as_os_str().as_bytes()]);
    let id = session.as_bytes();
    let random = RandomState::new().hash_one(session);
    let told = |error: Error| {
        let line = error.line("heal", &path, id);
        io::Error::other(String::from_utf8_lossy(line.as_bytes().trim_ascii()).into_owned())
    };
    let Some(store) = Spool::at(&path, random, false, 0).map_err(told)? else { return Ok(false) };
    if !store.locked {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    let done = || {
        let standing = store.standing(id)?;
        if !are_the_same(&evidence.signals, &standing) {
            return Ok(false);
        }
        if let Some(kind) = treatment.publish {
            let read = |kind: Option<Kind>| {
                let path = kind.map(|kind| spool::path(directory, session, kind));
                let content = path.and_then(|path| file::read(&path, spool::MAX_LEN).ok());
                content.map(|content| content.bytes).unwrap_or_default()
            };
            let (base, turn) = (read(treatment.base), read(treatment.turn));
            let content = content::healed(&base, &turn, session, kind, treatment);
            store.publish(id, kind, treatment.time, &standing, &|out| out.put(&content))?;
        }
        for kind in KINDS.into_iter().filter(|kind| treatment.clear[*kind as usize]) {
            // What has come since stays.
            if let Some(seen) = standing.modified[kind as usize] {
                store.withdraw(id, kind, seen)?;
            }
        }
        // An event that came meanwhile is newer.
        store.settle(id, &store.standing(id)?)?;
        Ok(true)
    };
    done().map_err(told)
}

/// Whether these are the signals that stand.
fn are_the_same(signals: &Signals, standing: &Standing) -> bool {
    let seen = |kind: Kind| signals.get(kind).map(|signal| moment::of_hooks(signal.at));
    KINDS.iter().all(|kind| seen(*kind) == standing.modified[*kind as usize])
}
