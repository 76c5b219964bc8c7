//! Compares the JSON walker of the protocol crate with `serde_json`.

use serde::de::IgnoredAny;
use session_signals_protocol::json::{JsonError, MAX_DEPTH, Role, Walker};

/// Returns whether `serde_json` accepts the text. `IgnoredAny` checks only the syntax: a number may have any size, an escape may be
/// half of a surrogate pair, and the depth is not limited.
#[must_use]
pub fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// Returns how deep the brackets outside of strings are nested.
fn max_depth(text: &[u8]) -> usize {
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

/// The result of the walker: the roles of all bytes and whether the text is complete, or where and why the walker refuses a byte.
pub type Walk = Result<(Vec<Role>, bool), (usize, JsonError)>;

/// Gives every byte to the walker.
///
/// # Errors
/// The walker's error, with the offset of the byte that it refuses.
pub fn walk(text: &[u8]) -> Walk {
    let mut walker = Walker::default();
    let step = |(at, byte)| walker.step(byte).map_err(|error| (at, error));
    let roles = text.iter().copied().enumerate().map(step).collect::<Result<_, _>>()?;
    Ok((roles, walker.is_complete()))
}

/// Gives the text to the walker in pieces of `size` bytes, and skips the bytes that [`Walker::count_plain`] allows to skip.
///
/// # Errors
/// As for [`walk`].
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

/// Compares what the walker and `serde_json` say about the text.
///
/// # Panics
/// If they differ.
pub fn compare(text: &[u8]) {
    let (walked, is_json) = (walk(text), is_json(text));
    let shown = String::from_utf8_lossy(text);
    match &walked {
        Ok((_, is_complete)) => assert_eq!(*is_complete, is_json, "{shown:?}"),
        Err((at, JsonError::Depth)) => assert_eq!(max_depth(&text[..=*at]), MAX_DEPTH + 1, "{shown:?}"),
        Err((at, JsonError::Utf8)) => {
            let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
            assert!(valid <= *at && *at <= valid + 3, "byte {at} of {shown:?}");
        }
        Err((at, JsonError::Syntax)) => assert!(!is_json, "byte {at} of {shown:?}"),
    }
    assert_eq!(walk_skipping(text, 7), walked, "{shown:?}");
}
