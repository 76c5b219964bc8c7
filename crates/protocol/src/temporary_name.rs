//! What bears a name that begins with a dot.

use crate::json::Walker;
use crate::session_id::is_session_id;
use crate::signal_kind::SignalKind;
use crate::time::Time;

/// The name of a file on its way into its place or out of it:
/// `.<session>.<kind>.<random>.<own>.<expected>`, each of the last three 16 hexadecimal digits.
pub struct TemporaryName<'a> {
    /// Whose signal it is.
    pub session: &'a [u8],
    /// Of which kind.
    pub kind: SignalKind,
    /// The version that the hook wrote under this name, and the version that it meant to replace or to delete: their
    /// modification times in nanoseconds since the epoch, 0 for none. Anything else under the name is somebody's signal.
    pub times: [u64; 2],
}

impl<'a> TemporaryName<'a> {
    /// `None` for any other name.
    #[must_use]
    pub fn parse(name: &'a [u8]) -> Option<Self> {
        let mut parts = name.strip_prefix(b".")?.split(|&byte| byte == b'.');
        let (session, kind) = (parts.next()?, parts.next()?);
        let kind = SignalKind::from_word(kind)?;
        let [_, own, expected] = [parse_hex(parts.next()?)?, parse_hex(parts.next()?)?, parse_hex(parts.next()?)?];
        (is_session_id(session) && parts.next().is_none()).then_some(Self { session, kind, times: [own, expected] })
    }

    /// What a file of this name is that was modified then. `is_whole` reads it, and says what [`is_whole`] says of it;
    /// `None` where it cannot be read.
    pub fn classify(&self, modified: Time, is_whole: impl FnOnce() -> Option<bool>) -> Leftover {
        // The hook wrote it and did not publish it, or meant to delete it.
        if self.times.contains(&modified.to_nanoseconds()) {
            return Leftover::Garbage;
        }
        // The hook wrote nothing under this name: whatever this is, it was moved aside.
        if self.times[0] == 0 {
            return Leftover::Signal;
        }
        match is_whole() {
            Some(true) => Leftover::Signal,
            Some(false) => Leftover::Garbage,
            None => Leftover::Unreadable,
        }
    }
}

/// The value of 16 hexadecimal digits; `None` for any other text.
fn parse_hex(digits: &[u8]) -> Option<u64> {
    let is_hex = digits.len() == 16 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    u64::from_str_radix(core::str::from_utf8(digits).ok().filter(|_| is_hex)?, 16).ok()
}

/// What a file with a name that begins with a dot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// There is none, or its name is none that a hook gives.
    Foreign,
    /// It cannot be read now, so nobody knows.
    Unreadable,
    /// A hook's temporary file: half-written, not published, or what it meant to delete.
    Garbage,
    /// A signal that a hook moved aside and has not put back.
    Signal,
}

/// Whether what a hook wrote was written to its end: one line, an object.
#[must_use]
pub fn is_complete_signal(signal: &[u8]) -> bool {
    let mut walker = Walker::default();
    let line = signal.strip_suffix(b"\n").unwrap_or_default();
    line.starts_with(b"{")
        && line.iter().all(|byte| *byte != b'\n' && walker.step(*byte).is_ok())
        && walker.is_complete()
}
