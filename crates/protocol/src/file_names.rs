//! The names of the signal directory and of the files in it.

use crate::session_id::is_session_id;
use crate::signal_kind::SignalKind;
use crate::text::Name;

/// What follows the path of the configuration directory in the path of the signal directory.
pub const SIGNAL_DIR_SUFFIX: &[u8] = b"/session-signals";

/// The name of the signal directory in the configuration directory.
pub const SIGNAL_DIR: &str = match core::str::from_utf8(SIGNAL_DIR_SUFFIX.split_at(1).1) {
    Ok(name) => name,
    Err(_) => unreachable!(),
};

/// Returns the file name of a signal: `<session_id>.<kind>.json`.
#[must_use]
#[inline(never)] // smaller
pub fn signal_file_name(session: &[u8], kind: SignalKind) -> Name {
    Name::concat(&[session, b".", kind.word().as_bytes(), b".json"])
}

/// Returns the session id and the kind in the file name of a signal; `None` for any other name.
#[must_use]
pub fn parse_signal_file_name(name: &[u8]) -> Option<(&[u8], SignalKind)> {
    let name = name.strip_suffix(b".json")?;
    let dot = name.iter().rposition(|&byte| byte == b'.')?;
    let (session, word) = (&name[..dot], &name[dot + 1..]);
    Some((session, SignalKind::from_word(word)?)).filter(|(session, _)| is_session_id(session))
}
