//! Escapes that are half of a surrogate pair.

use super::text::hex_digit;
use super::words::find_byte;

/// Replaces each escape in JSON text that is half of a surrogate pair by `\ufffd`. Half of a pair is not a character, and some
/// readers refuse it.
pub fn replace_lone_surrogates(mut text: &mut [u8]) {
    // 2 for the first half of a pair, 3 for the second half, less for anything else.
    let half_of_pair = |text: &[u8]| match text {
        [b'\\', b'u', b'd' | b'D', digit, ..] => usize::from(hex_digit(*digit)) / 4,
        _ => 0,
    };
    // A backslash is always inside of a string.
    while let Some(start) = find_byte(text, b'\\') {
        let rest = &mut text[start..];
        let next = rest.get(6..).unwrap_or_default();
        let len = match (half_of_pair(rest), half_of_pair(next)) {
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
