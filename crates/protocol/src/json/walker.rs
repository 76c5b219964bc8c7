//! Checks one JSON text byte by byte, without allocating. It accepts exactly RFC 8259, nested up to [`MAX_DEPTH`].

use super::words::{repeat_byte, zero_bytes};

/// How deep arrays and objects may be nested. `serde_json` reads 127 levels, and a payload in a signal is two levels down.
pub const MAX_DEPTH: usize = 125;

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonError {
    /// This byte is not allowed here.
    Syntax,
    /// A string is not UTF-8.
    Utf8,
    /// Nested deeper than [`MAX_DEPTH`].
    Depth,
}

/// The role of a byte in JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// White space between tokens.
    Space,
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// `,` between members or elements.
    Comma,
    /// `:` after a key.
    Colon,
    /// Part of a string (its quotes included), a number or a literal.
    Scalar,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WalkerState {
    Value,
    FirstElement,
    FirstKey,
    Key,
    Colon,
    After,
    Text,
    Escape,
    /// How many hexadecimal digits must follow.
    Hex(u8),
    /// How many continuation bytes must follow, and the range of the next one.
    Utf8(u8, u8, u8),
    Minus,
    Zero,
    Integer,
    Point,
    Fraction,
    Exponent,
    ExponentSign,
    ExponentDigits,
    /// The rest of `true`, `false` or `null`, which must follow.
    Literal(&'static [u8]),
}

/// The state of one JSON text after the bytes so far.
pub struct Walker {
    state: WalkerState,
    in_key: bool,
    depth: usize,
    /// Bit `d` is set if the container at depth `d + 1` is an object.
    objects: u128,
}

impl Default for Walker {
    fn default() -> Self {
        Self { state: WalkerState::Value, in_key: false, depth: 0, objects: 0 }
    }
}

impl Walker {
    /// Returns how many arrays and objects are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Returns whether the bytes so far are one whole JSON text.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        use WalkerState::{After, ExponentDigits, Fraction, Integer, Zero};
        self.depth == 0 && matches!(self.state, After | Zero | Integer | Fraction | ExponentDigits)
    }

    /// Returns how many of the next bytes are whole characters and escapes of the present string. The caller may skip these bytes:
    /// [`Walker::step`] need not be called for them.
    #[must_use]
    #[inline(never)]
    pub fn count_plain(&self, bytes: &[u8]) -> usize {
        if self.state != WalkerState::Text {
            return 0;
        }
        let mut rest = bytes;
        loop {
            let len = match rest {
                [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [0x80..=0xff, ..] => character_length(rest),
                _ => count_printable(rest),
            };
            if len == 0 {
                return bytes.len() - rest.len();
            }
            rest = &rest[len..];
        }
    }

    /// Takes the next byte.
    ///
    /// # Errors
    /// If no JSON text can continue with this byte. Do not use the walker after an error.
    #[expect(clippy::match_same_arms, reason = "one line a token")]
    pub fn step(&mut self, byte: u8) -> Result<Role, JsonError> {
        use WalkerState::{
            After, Colon, Escape, Exponent, ExponentDigits, ExponentSign, FirstElement, FirstKey, Fraction, Hex,
            Integer, Key, Literal, Minus, Point, Text, Utf8, Value, Zero,
        };
        let state = match (self.state, byte) {
            (Text, b'"') if self.in_key => Colon,
            (Text, b'"') => After,
            (Text, b'\\') => Escape,
            (Text, 0x80..) => {
                let (left, low, high) = lead_byte(byte).ok_or(JsonError::Utf8)?;
                Utf8(left, low, high)
            }
            (Utf8(left, low, high), _) if (low..=high).contains(&byte) => match left {
                1 => Text,
                _ => Utf8(left - 1, 0x80, 0xbf),
            },
            (Utf8(..), _) => return Err(JsonError::Utf8),
            (Escape, b'u') => Hex(4),
            (Text, 0x20..=0x7f) | (Escape, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Text,
            (Hex(left), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if left > 1 => Hex(left - 1),
            (Hex(1), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => Text,
            (Literal([next, rest @ ..]), _) if *next == byte => match rest {
                [] => After,
                _ => Literal(rest),
            },
            (Minus | Value | FirstElement, b'0') => Zero,
            (Minus | Value | FirstElement, b'1'..=b'9') | (Integer, b'0'..=b'9') => Integer,
            (Zero | Integer, b'.') => Point,
            (Point | Fraction, b'0'..=b'9') => Fraction,
            (Zero | Integer | Fraction, b'e' | b'E') => Exponent,
            (Exponent, b'+' | b'-') => ExponentSign,
            (Exponent | ExponentSign | ExponentDigits, b'0'..=b'9') => ExponentDigits,
            (Value | FirstElement, b'-') => Minus,
            (Value | FirstElement, b't') => Literal(b"rue"),
            (Value | FirstElement, b'f') => Literal(b"alse"),
            (Value | FirstElement, b'n') => Literal(b"ull"),
            (Value | FirstElement, b'"') => {
                self.in_key = false;
                Text
            }
            (FirstKey | Key, b'"') => {
                self.in_key = true;
                Text
            }
            (Value | FirstElement | FirstKey | Key | Colon | After, _) => return self.step_structure(byte),
            // A number ends where something else begins.
            (Zero | Integer | Fraction | ExponentDigits, _) => {
                self.state = After;
                return self.step_structure(byte);
            }
            _ => return Err(JsonError::Syntax),
        };
        self.state = state;
        Ok(Role::Scalar)
    }

    /// Takes a byte that is not part of a scalar.
    fn step_structure(&mut self, byte: u8) -> Result<Role, JsonError> {
        use WalkerState::{After, Colon, FirstElement, FirstKey, Key, Value};
        let in_object = self.depth > 0 && self.objects >> (self.depth - 1) & 1 == 1;
        let (state, role) = match (self.state, byte) {
            (state, b' ' | b'\t' | b'\n' | b'\r') => (state, Role::Space),
            (Value | FirstElement, b'{' | b'[') => {
                if self.depth == MAX_DEPTH {
                    return Err(JsonError::Depth);
                }
                let bit = 1 << self.depth;
                self.depth += 1;
                if byte == b'{' {
                    self.objects |= bit;
                    (FirstKey, Role::Open)
                } else {
                    self.objects &= !bit;
                    (FirstElement, Role::Open)
                }
            }
            (Colon, b':') => (Value, Role::Colon),
            (After, b',') if in_object => (Key, Role::Comma),
            (After, b',') if self.depth > 0 => (Value, Role::Comma),
            (After | FirstKey, b'}') if in_object => self.close(),
            (After | FirstElement, b']') if self.depth > 0 && !in_object => self.close(),
            _ => return Err(JsonError::Syntax),
        };
        self.state = state;
        Ok(role)
    }

    fn close(&mut self) -> (WalkerState, Role) {
        self.depth -= 1;
        (WalkerState::After, Role::Close)
    }
}

/// For the first byte of a character beyond ASCII, returns how many bytes follow and the range of the next one.
fn lead_byte(byte: u8) -> Option<(u8, u8, u8)> {
    Some(match byte {
        0xc2..=0xdf => (1, 0x80, 0xbf),
        0xe0 => (2, 0xa0, 0xbf),
        0xed => (2, 0x80, 0x9f),
        0xe1..=0xef => (2, 0x80, 0xbf),
        0xf0 => (3, 0x90, 0xbf),
        0xf1..=0xf3 => (3, 0x80, 0xbf),
        0xf4 => (3, 0x80, 0x8f),
        _ => return None,
    })
}

/// Returns the length of the character beyond ASCII at the start of `bytes`; 0 if it is not valid or not complete.
fn character_length(bytes: &[u8]) -> usize {
    let [first, next, more @ ..] = bytes else { return 0 };
    let Some((left, low, high)) = lead_byte(*first) else { return 0 };
    let last = more.get(..usize::from(left) - 1).unwrap_or(b"!");
    let whole = (low..=high).contains(next) && last.iter().all(|byte| byte & 0xc0 == 0x80);
    if whole { 1 + usize::from(left) } else { 0 }
}

/// Returns how many bytes at the start are ASCII characters of a string that need no escape. It compares eight at a time.
fn count_printable(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // A control character without its five low bits is 0.
        let special = zero_bytes(word & repeat_byte(0xe0))
            | zero_bytes(word ^ repeat_byte(b'"'))
            | zero_bytes(word ^ repeat_byte(b'\\'));
        let special = special | word & repeat_byte(0x80);
        if special != 0 {
            return number * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| !(0x20..0x80).contains(byte) || matches!(byte, b'"' | b'\\');
    bytes.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}
