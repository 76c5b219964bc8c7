//! The names of temporary files in the signal directory. They begin with a dot, and readers ignore them.

use crate::json::Walker;
use crate::session_id::is_session_id;
use crate::signal_kind::SignalKind;
use crate::time::Time;

/// The name of a file that a hook has not published yet, or has moved away from a signal's name:
/// `.<session>.<kind>.<random>.<own>.<expected>`. Each of the last three is 16 hexadecimal digits.
pub struct TemporaryName<'a> {
    /// The session id of the signal.
    pub session: &'a [u8],
    /// The kind of the signal.
    pub kind: SignalKind,
    /// The version that the hook wrote under this name, and the version that it meant to replace or to delete. A version is a
    /// modification time in nanoseconds since the epoch; 0 means none. Any other version under this name is a signal that the
    /// hook must not delete.
    pub times: [u64; 2],
}

impl<'a> TemporaryName<'a> {
    /// Parses the name of a temporary file; `None` for any other name.
    #[must_use]
    pub fn parse(name: &'a [u8]) -> Option<Self> {
        let mut parts = name.strip_prefix(b".")?.split(|&byte| byte == b'.');
        let (session, kind) = (parts.next()?, parts.next()?);
        let kind = SignalKind::from_word(kind)?;
        let [_, own, expected] = [parse_hex(parts.next()?)?, parse_hex(parts.next()?)?, parse_hex(parts.next()?)?];
        (is_session_id(session) && parts.next().is_none()).then_some(Self { session, kind, times: [own, expected] })
    }

    /// Classifies a file with this name by its modification time.
    ///
    /// If that is not enough, `is_complete` is called. It reads the file and returns what [`is_complete_signal`] returns for
    /// the content; `None` if the file cannot be read.
    pub fn classify(&self, modified: Time, is_complete: impl FnOnce() -> Option<bool>) -> Leftover {
        // The hook wrote this version and did not publish it, or meant to delete it.
        if self.times.contains(&modified.to_nanoseconds()) {
            return Leftover::Garbage;
        }
        // The hook wrote nothing under this name, so the file was a signal.
        if self.times[0] == 0 {
            return Leftover::Signal;
        }
        match is_complete() {
            Some(true) => Leftover::Signal,
            Some(false) => Leftover::Garbage,
            None => Leftover::Unreadable,
        }
    }
}

/// Returns the value of 16 hexadecimal digits; `None` for any other text.
fn parse_hex(digits: &[u8]) -> Option<u64> {
    let is_hex = digits.len() == 16 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(core::str::from_utf8(digits).ok().filter(|_| is_hex)?, 16).ok()
}

/// What a file is whose name begins with a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// The file is gone, is not a regular file, or has a name that no hook gives.
    Foreign,
    /// The file cannot be read now, so nothing is known about it.
    Unreadable,
    /// The file is half-written, was not published, or was about to be deleted.
    Garbage,
    /// The file is a signal that a hook moved away and did not put back.
    Signal,
}

/// Returns whether a hook has written the signal to its end: an object in one line.
#[must_use]
pub fn is_complete_signal(signal: &[u8]) -> bool {
    let mut walker = Walker::default();
    let line = signal.strip_suffix(b"\n").unwrap_or_default();
    line.starts_with(b"{")
        && line.iter().all(|byte| *byte != b'\n' && walker.step(*byte).is_ok())
        && walker.is_complete()
}
