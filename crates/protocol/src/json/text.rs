//! What the raw text of a string means.

/// A string's text between its quotes, escapes as they are; any other value as it is.
#[must_use]
#[inline(never)] // 700 bytes
pub fn unquote(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// Whether the raw text of a string means `name`, however it is escaped.
#[must_use]
#[inline(never)] // it is asked in twenty places: 2 KB
pub fn spells(raw: &[u8], name: &str) -> bool {
    decode_ascii(raw).eq(name.bytes())
}

/// The characters that the raw text of a string means; each byte or escape beyond ASCII as 0xFF.
#[must_use]
pub fn decode_ascii(raw: &[u8]) -> DecodedAscii<'_> {
    DecodedAscii { raw }
}

/// What [`ascii`] returns.
pub struct DecodedAscii<'a> {
    raw: &'a [u8],
}

impl Iterator for DecodedAscii<'_> {
    type Item = u8;

    #[inline(never)] // 700 bytes
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
