//! One number for a JSON value, however it is spelled.

use super::text::{escaped_character, hex_digit};
use super::walker::MAX_DEPTH;

/// Where each kind of value begins, and what a member ends with: digits of pi.
const OBJECT: u64 = 0x1319_8a2e_0370_7344;
const STRING: u64 = 0xa409_3822_299f_31d0;
const SCALAR: u64 = 0x082e_fa98_ec4e_6c89;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// A power of two, so that no depth is out of bounds.
const FRAMES: usize = (MAX_DEPTH + 1).next_power_of_two();

/// A number for the JSON value `text`, in one pass and without allocating: the same for equal values, whatever their
/// white space, the order of their members and their escapes.
///
/// Numbers count as they are spelled, and every member counts, also one whose name comes again. The CLI writes both events
/// of a call with `JSON.stringify`, which spells a number in one way and repeats no name.
///
/// Different values have the same number once in 2^64 pairs. Who looks for such a pair gains nothing: at worst a call of
/// one's own session is taken for another one of the same tool.
#[must_use]
pub fn digest(text: &[u8]) -> u64 {
    let mut frames = [Frame::default(); FRAMES];
    // What stands around the value is taken for an array.
    let mut depth = 0;
    let mut rest = text;
    while let [byte, more @ ..] = rest {
        rest = more;
        let value = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => continue,
            b'[' | b'{' => {
                let is_object = *byte == b'{';
                depth += 1;
                frames[depth % FRAMES] = Frame { is_object, sum: (*byte).into(), key: 0 };
                continue;
            }
            b']' | b'}' => {
                let frame = frames[depth % FRAMES];
                depth = depth.saturating_sub(1);
                frame.sum
            }
            b'"' => digest_string(&mut rest),
            first => digest_scalar(*first, &mut rest),
        };
        frames[depth % FRAMES].add_value(value);
    }
    frames[0].sum
}

fn mix(state: u64, word: u64) -> u64 {
    // Turned first, so that it matters which of the two is which.
    (state.rotate_left(29) ^ word).wrapping_mul(FACTOR).rotate_left(32)
}

/// An array or an object that is still open.
#[derive(Clone, Copy, Default)]
struct Frame {
    is_object: bool,
    /// An array's elements so far, in their order; an object's members, in any.
    sum: u64,
    /// Of a member whose value is still to come; else 0.
    key: u64,
}

impl Frame {
    fn add_value(&mut self, value: u64) {
        if !self.is_object {
            self.sum = mix(self.sum, value);
        } else if self.key == 0 {
            self.key = value;
        } else {
            let key = core::mem::take(&mut self.key);
            self.sum = self.sum.wrapping_add(mix(mix(key, value), OBJECT));
        }
    }
}

/// What follows an opening quote, up to the closing one: by its UTF-16 code units, so that an escape is one of them.
fn digest_string(rest: &mut &[u8]) -> u64 {
    let (mut state, mut units, mut len) = (STRING, 0_u64, 0_u64);
    let mut put = |unit: u32| {
        units = units << 16 | u64::from(unit);
        len += 1;
        if len % 4 == 0 {
            state = mix(state, units);
        }
    };
    let low = |byte: u8| u32::from(byte & 0x3f);
    loop {
        let (unit, more) = match *rest {
            [b'"', more @ ..] => {
                *rest = more;
                break;
            }
            [b'\\', b'u', a, b, c, d, more @ ..] => {
                let digits = [*a, *b, *c, *d];
                (digits.iter().fold(0, |unit, digit| unit << 4 | u32::from(hex_digit(*digit))), more)
            }
            [b'\\', escaped, more @ ..] => (escaped_character(*escaped).into(), more),
            [byte @ ..0x80, more @ ..] => (u32::from(*byte), more),
            [a @ ..0xe0, b, more @ ..] => (u32::from(a & 0x1f) << 6 | low(*b), more),
            [a @ ..0xf0, b, c, more @ ..] => (u32::from(a & 0xf) << 12 | low(*b) << 6 | low(*c), more),
            [a, b, c, d, more @ ..] => {
                let character = u32::from(a & 7) << 18 | low(*b) << 12 | low(*c) << 6 | low(*d);
                put(0xd7c0 + (character >> 10));
                (0xdc00 | character & 0x3ff, more)
            }
            _ => {
                *rest = &[];
                break;
            }
        };
        put(unit);
        *rest = more;
    }
    mix(mix(state, units), len)
}

/// A number or a literal, by its characters.
fn digest_scalar(first: u8, rest: &mut &[u8]) -> u64 {
    let mut state = mix(SCALAR, first.into());
    while let [byte, more @ ..] = rest
        && !matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r')
    {
        state = mix(state, (*byte).into());
        *rest = more;
    }
    state
}
