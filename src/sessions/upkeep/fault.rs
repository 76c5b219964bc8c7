//! Why a signal may be removed.

use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use session_signals::event::Kind;

use super::Files;
use crate::evidence::file;

/// Whoever writes to a signal in place is done by then. A time as far ahead is from before the clock stepped back.
const SETTLED: Duration = Duration::from_secs(60);

/// What is wrong with a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A newer signal, of this kind, supersedes it.
    Overtaken(Kind),
    /// It is empty, or all NUL bytes: the power was lost before its content was on the disk.
    Hollow,
    /// Its session ended longer ago than this, and nothing else stands for it.
    Old(Duration),
}

impl Fault {
    /// Whether this is wrong with a session's signal of this kind.
    pub fn is_of(self, folder: &Path, session: &str, kind: Kind, files: &Files, now: SystemTime) -> bool {
        match self {
            Self::Overtaken(newer) => files.overtaken(now).contains(&(kind, newer)),
            Self::Hollow => is_hollow(folder, session, kind, files, now),
            Self::Old(limit) => kind == Kind::Ended && files.is_old(limit, now),
        }
    }
}

/// Whether a session's signal of this kind is what a power cut left.
pub fn is_hollow(folder: &Path, session: &str, kind: Kind, files: &Files, now: SystemTime) -> bool {
    let is_settled =
        |modified: SystemTime| now.duration_since(modified).unwrap_or_else(|ahead| ahead.duration()) > SETTLED;
    let Some(found) = files.get(kind).filter(|found| found.is_regular && is_settled(found.modified)) else {
        return false;
    };
    found.len == 0 || is_nul(&Files::path(folder, session, kind))
}

/// Whether a file holds nothing but NUL bytes. Of any other its first bytes say so.
fn is_nul(path: &Path) -> bool {
    let Ok(mut file) = file::open(path) else { return false };
    let mut buffer = [0; 4096];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return true,
            Ok(count) if buffer[..count].iter().all(|byte| *byte == 0) => {}
            _ => return false,
        }
    }
}
