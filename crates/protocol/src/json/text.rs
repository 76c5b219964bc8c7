//! The meaning of a string's raw text.

/// Returns a string without its quotes, with its escapes as they are. Returns any other value unchanged.
#[must_use]
#[inline(never)] // saves 700 bytes
pub fn unquote(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// Returns whether the raw text of a string means `name`, whatever its escapes.
#[must_use]
#[inline(never)] // saves 2 KB, because it is used in twenty places
pub fn spells(raw: &[u8], name: &str) -> bool {
    decode_ascii(raw).eq(name.bytes())
}

/// Decodes the raw text of a string. Each byte or escape beyond ASCII becomes 0xFF.
#[must_use]
pub fn decode_ascii(raw: &[u8]) -> DecodedAscii<'_> {
    DecodedAscii { raw }
}

/// The iterator that [`decode_ascii`] returns.
pub struct DecodedAscii<'a> {
    raw: &'a [u8],
}

impl Iterator for DecodedAscii<'_> {
    type Item = u8;

    #[inline(never)] // saves 700 bytes
    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = match self.raw {
            [b'\\', b'u', b'0', b'0', high @ b'0'..=b'7', low, rest @ ..] => {
                ((high - b'0') << 4 | hex_digit(*low), rest)
            }
            [b'\\', b'u', _, _, _, _, rest @ ..] => (0xff, rest),
            [b'\\', escaped, rest @ ..] => (escaped_character(*escaped), rest),
            [byte, rest @ ..] => (if byte.is_ascii() { *byte } else { 0xff }, rest),
            [] => return None,
        };
        self.raw = rest;
        Some(byte)
    }
}

pub(crate) fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.wrapping_sub(b'a' - 10) & 0xf,
    }
}

pub(crate) fn escaped_character(escaped: u8) -> u8 {
    match escaped {
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}
