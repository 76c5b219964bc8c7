//! Escapes that are half a surrogate pair.

use super::text::hex_digit;
use super::words::find_byte;

/// Writes U+FFFD in the place of every escape that is half a surrogate pair, in JSON text: it stands for no character, and not
/// every reader takes it.
pub fn replace_lone_surrogates(mut text: &mut [u8]) {
    let half = |text: &[u8]| match text {
        [b'\\', b'u', b'd' | b'D', digit, ..] => usize::from(hex_digit(*digit)) / 4,
        _ => 0,
    };
    // Outside of strings there is no backslash.
    while let Some(start) = find_byte(text, b'\\') {
        let rest = &mut text[start..];
        let behind = rest.get(6..).unwrap_or_default();
        let len = match (half(rest), half(behind)) {
            (2, 3) => 12,
            (2 | 3, _) => {
                if let Some(digits) = rest.get_mut(2..6) {
                    digits.copy_from_slice(b"fffd");
                }
                6
            }
            _ => 2,
        };
        text = rest.get_mut(len..).unwrap_or_default();
    }
}
