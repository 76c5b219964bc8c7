//! The faults for which a signal may be removed.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use super::signal_files::SignalFiles;
use crate::regular_file;
use crate::signal_dir::SignalDir;

/// A program that writes to a signal in place is done by this age. A time that is as far ahead is from before the clock stepped
/// back.
const SETTLING_TIME: Duration = Duration::from_secs(60);

/// What is wrong with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalFault {
    /// A newer signal, of this kind, made it false, and both can be read.
    Superseded(SignalKind),
    /// It is empty or holds only NUL bytes, because the power was lost before its content was on the disk.
    Empty,
    /// Its session ended longer ago than this, and has no other signal.
    Old(Duration),
}

impl SignalFault {
    /// Returns whether the signal of this session and kind has the fault.
    pub(super) fn applies_to(
        self,
        signal_dir: &SignalDir,
        session: &str,
        kind: SignalKind,
        files: &SignalFiles,
        now: SystemTime,
    ) -> bool {
        match self {
            Self::Superseded(newer) => {
                find_superseded_signals(signal_dir, session, files, now).contains(&(kind, newer))
            }
            Self::Empty => empty_signal_wait(signal_dir, session, kind, files, now) == Some(Duration::ZERO),
            Self::Old(limit) => kind == SignalKind::Ended && files.is_only_old_end(limit, now),
        }
    }
}

/// Returns each signal of a session that a newer one made false: its kind, and the kind of the newer one. A signal that cannot be
/// read or understood counts as missing, because another version may know what it means.
#[must_use]
pub fn find_superseded_signals(
    signal_dir: &SignalDir,
    session: &str,
    files: &SignalFiles,
    now: SystemTime,
) -> Vec<(SignalKind, SignalKind)> {
    // Most sessions have no such signal, and then no file is read.
    if files.superseded(|_| true, now).is_empty() {
        return Vec::new();
    }
    let can_be_read = |kind| signal_dir.read_signal(session, kind).is_ok_and(|signal| signal.is_some());
    files.superseded(can_be_read, now)
}

/// Returns how long a signal that is empty or holds only NUL bytes must stay so until it has the fault
/// [`SignalFault::Empty`]. Until then a program may be writing it. `None` for any other signal.
#[must_use]
pub fn empty_signal_wait(
    signal_dir: &SignalDir,
    session: &str,
    kind: SignalKind,
    files: &SignalFiles,
    now: SystemTime,
) -> Option<Duration> {
    let file = files.get(kind).filter(|file| file.is_regular)?;
    let wait = match now.duration_since(file.modified) {
        Ok(age) => SETTLING_TIME.saturating_sub(age),
        Err(ahead) if ahead.duration() > SETTLING_TIME => Duration::ZERO,
        Err(ahead) => ahead.duration() + SETTLING_TIME,
    };
    (file.len == 0 || is_all_nul(&signal_dir.signal_path(session, kind))).then_some(wait)
}

/// Returns whether a file holds only NUL bytes. Reads no more than the first piece of any other file.
fn is_all_nul(path: &Path) -> bool {
    let Ok(mut file) = regular_file::open_regular(path) else { return false };
    let mut buffer = [0; 4096];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return true,
            Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {}
            _ => return false,
        }
    }
}
