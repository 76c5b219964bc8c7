//! What a killed hook left in the spool under a name that begins with a dot.

use std::io;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;
use session_signals_protocol::session_id::is_session_id;
use session_signals_protocol::store::{MAX_SIGNAL_LEN, RECOVER_AFTER_SECONDS};
use session_signals_protocol::temporary_name::{Leftover, TemporaryName, is_complete_signal};

use crate::regular_file;
use crate::signal_dir::SignalDir;
use crate::timestamps;

/// Whoever still writes is done by then.
const MIN_AGE: Duration = Duration::from_secs(RECOVER_AFTER_SECONDS);

/// The names of all that is old enough, sorted.
pub fn find_leftovers(signal_dir: &SignalDir, now: SystemTime) -> Vec<String> {
    let entries = std::fs::read_dir(signal_dir.path()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.filter(|name| is_old_leftover(signal_dir, name, now)).collect();
    names.sort();
    names
}

/// Whether a file has a name that hooks give, and is old enough.
pub fn is_old_leftover(signal_dir: &SignalDir, name: &str, now: SystemTime) -> bool {
    let age = |time: SystemTime| now.duration_since(time).is_ok_and(|age| age > MIN_AGE);
    let meta = || signal_dir.path().join(name).symlink_metadata().ok().filter(std::fs::Metadata::is_file);
    is_temporary_name(name) && meta().and_then(|meta| meta.modified().ok()).is_some_and(age)
}

/// Whether a signal lies under this name that a killed hook moved aside. Only looks: whoever settles it looks again,
/// under the lock.
///
/// # Errors
/// Where it cannot be read: then nobody knows what it is.
pub fn holds_signal(signal_dir: &SignalDir, name: &str) -> io::Result<bool> {
    // As earlier versions named their temporary files.
    let Some(aside) = TemporaryName::parse(name.as_bytes()) else { return Ok(false) };
    let content = regular_file::read_regular(&signal_dir.path().join(name), MAX_SIGNAL_LEN)?;
    Ok(aside.classify(timestamps::to_hook_time(content.modified), || Some(is_complete_signal(&content.bytes)))
        == Leftover::Signal)
}

/// `.<session>.<kind>.<hexadecimal>`
fn is_temporary_name(name: &str) -> bool {
    let mut parts = name.strip_prefix('.').unwrap_or_default().splitn(3, '.');
    let is_of_session = parts.next().is_some_and(|part| is_session_id(part.as_bytes()));
    let is_of_kind = parts.next().and_then(|word| SignalKind::from_word(word.as_bytes())).is_some();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_of_session && is_of_kind && parts.next().is_some_and(|rest| rest.split('.').all(is_number))
}
