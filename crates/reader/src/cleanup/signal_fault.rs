//! Why a signal may be removed.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use super::signal_files::SignalFiles;
use crate::regular_file;
use crate::signal_dir::SignalDir;

/// Whoever writes to a signal in place is done by then. A time as far ahead is from before the clock stepped back.
const SETTLING_TIME: Duration = Duration::from_secs(60);

/// What is wrong with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalFault {
    /// A newer signal, of this kind, supersedes it; and both can be read.
    Superseded(SignalKind),
    /// It is empty, or all NUL bytes: the power was lost before its content was on the disk.
    Empty,
    /// Its session ended longer ago than this, and nothing else stands for it.
    Old(Duration),
}

impl SignalFault {
    /// Whether this is wrong with a session's signal of this kind.
    pub fn applies_to(
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

/// Each signal of a session that a newer one supersedes, and the kind of that one. What cannot be read is neither: it
/// says nothing, and somebody may know what it means.
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

/// Where a session's signal of this kind is empty or all NUL bytes: how long it has to stay so until it is what a power
/// cut left. Until then somebody may be writing it.
pub fn empty_signal_wait(
    signal_dir: &SignalDir,
    session: &str,
    kind: SignalKind,
    files: &SignalFiles,
    now: SystemTime,
) -> Option<Duration> {
    let found = files.get(kind).filter(|found| found.is_regular)?;
    let left = match now.duration_since(found.modified) {
        Ok(age) => SETTLING_TIME.saturating_sub(age),
        Err(ahead) if ahead.duration() > SETTLING_TIME => Duration::ZERO,
        Err(ahead) => ahead.duration() + SETTLING_TIME,
    };
    (found.len == 0 || is_all_nul(&signal_dir.signal_path(session, kind))).then_some(left)
}

/// Whether a file holds nothing but NUL bytes. Of any other its first bytes say so.
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
