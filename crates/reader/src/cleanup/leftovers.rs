//! Temporary files that a killed hook left in the signal directory. Their names begin with a dot.

use std::io;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;
use session_signals_protocol::session_id::is_session_id;
use session_signals_protocol::store::{MAX_SIGNAL_LEN, RECOVER_AFTER_SECONDS};
use session_signals_protocol::temporary_name::{Leftover, TemporaryName, is_complete_signal};

use crate::regular_file;
use crate::signal_dir::SignalDir;
use crate::timestamps;

/// A hook that is alive has renamed or deleted its temporary file by this age.
const MIN_AGE: Duration = Duration::from_secs(RECOVER_AFTER_SECONDS);

/// Returns the names of all temporary files that are old enough to be leftovers, sorted.
#[must_use]
pub fn find_leftovers(signal_dir: &SignalDir, now: SystemTime) -> Vec<String> {
    let entries = std::fs::read_dir(signal_dir.path()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| is_old_leftover(signal_dir, name, now)).collect();
    names.sort();
    names
}

/// Returns whether this is the name of a temporary file that is old enough to be a leftover.
pub fn is_old_leftover(signal_dir: &SignalDir, name: &str, now: SystemTime) -> bool {
    let is_old = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age > MIN_AGE);
    let metadata = || signal_dir.path().join(name).symlink_metadata().ok().filter(std::fs::Metadata::is_file);
    is_temporary_name(name) && metadata().and_then(|metadata| metadata.modified().ok()).is_some_and(is_old)
}

/// Returns whether this leftover holds a signal that a hook moved to a temporary name and did not put back. Changes nothing:
/// [`LockedStore::recover`](super::LockedStore::recover) looks again, under the lock.
///
/// # Errors
/// The error of the system if the file cannot be read; `InvalidInput` or `FileTooLarge` if it is no signal's file.
pub fn holds_signal(signal_dir: &SignalDir, name: &str) -> io::Result<bool> {
    // Earlier versions gave other names, and moved no signals.
    let Some(temporary) = TemporaryName::parse(name.as_bytes()) else { return Ok(false) };
    let content = regular_file::read_regular(&signal_dir.path().join(name), MAX_SIGNAL_LEN)?;
    Ok(temporary.classify(timestamps::to_hook_time(content.modified), || Some(is_complete_signal(&content.bytes)))
        == Leftover::Signal)
}

/// Returns whether a hook of this or of an earlier version gives such a name: `.<session>.<kind>.<hexadecimal>`, with more
/// hexadecimal numbers after more dots.
fn is_temporary_name(name: &str) -> bool {
    let mut parts = name.strip_prefix('.').unwrap_or_default().splitn(3, '.');
    let is_of_session = parts.next().is_some_and(|part| is_session_id(part.as_bytes()));
    let is_of_kind = parts.next().and_then(|word| SignalKind::from_word(word.as_bytes())).is_some();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_of_session && is_of_kind && parts.next().is_some_and(|rest| rest.split('.').all(is_number))
}
