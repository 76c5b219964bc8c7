//! The rule for session ids.

/// The longest session id, in bytes.
pub const MAX_LEN: usize = 128;

/// Returns whether this is a session id: 1 to 128 letters, digits, `_` and `-`. Such an id is safe in a file name and on a
/// terminal.
#[must_use]
#[inline(never)]
pub fn is_session_id(id: &[u8]) -> bool {
    let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=MAX_LEN).contains(&id.len()) && id.iter().all(is_safe)
}
