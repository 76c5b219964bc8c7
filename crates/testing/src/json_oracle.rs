//! What RFC 8259 says of a text, by way of `serde_json`. The fuzz target uses it too.

use serde::de::IgnoredAny;
use session_signals_protocol::json::{JsonError, MAX_DEPTH, Role, Walker};

/// Whether `text` is JSON. `IgnoredAny` looks at the syntax alone: a number may have any size, an escape may be
/// half a surrogate pair, and nothing recurses.
pub fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// How deep the brackets outside of strings nest.
fn depth(text: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The roles of all bytes, or where and why the walker refuses one.
pub type Walk = Result<(Vec<Role>, bool), (usize, JsonError)>;

/// Every byte by itself.
pub fn walk(text: &[u8]) -> Walk {
    let mut walker = Walker::default();
    let step = |(at, byte)| walker.step(byte).map_err(|error| (at, error));
    let roles = text.iter().copied().enumerate().map(step).collect::<Result<_, _>>()?;
    Ok((roles, walker.is_complete()))
}

/// In pieces of `size` bytes, without those that [`Walker::plain`] lets be left out.
pub fn walk_skipping(text: &[u8], size: usize) -> Walk {
    let mut walker = Walker::default();
    let mut roles = Vec::new();
    for piece in text.chunks(size) {
        let mut at = 0;
        while at < piece.len() {
            let plain = walker.count_plain(&piece[at..]);
            roles.extend(std::iter::repeat_n(Role::Scalar, plain));
            at += plain;
            if let Some(byte) = piece.get(at) {
                let role = walker.step(*byte).map_err(|error| (roles.len(), error))?;
                roles.push(role);
                at += 1;
            }
        }
    }
    Ok((roles, walker.is_complete()))
}

/// Panics where the walker and `serde_json` differ about `text`.
pub fn compare(text: &[u8]) {
    let (accepted, json) = (walk(text), is_json(text));
    let shown = String::from_utf8_lossy(text);
    match accepted {
        Ok((_, complete)) => assert_eq!(complete, json, "{shown:?}"),
        Err((at, JsonError::Depth)) => assert_eq!(depth(&text[..=at]), MAX_DEPTH + 1, "{shown:?}"),
        Err((at, JsonError::Utf8)) => {
            let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
            assert!(valid <= at && at <= valid + 3, "byte {at} of {shown:?}");
        }
        Err((at, JsonError::Syntax)) => assert!(!json, "byte {at} of {shown:?}"),
    }
    assert_eq!(walk_skipping(text, 7), walk(text), "{shown:?}");
}
