//! A digest of a JSON value that is the same for every spelling of the value.

use super::text::{escaped_character, hex_digit};
use super::walker::MAX_DEPTH;

// The first state for each kind of value, and the last word of a member. They are digits of pi.
const OBJECT: u64 = 0x1319_8a2e_0370_7344;
const STRING: u64 = 0xa409_3822_299f_31d0;
const SCALAR: u64 = 0x082e_fa98_ec4e_6c89;
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many frames there are. It is a power of two, so that `depth % FRAMES` is fast and never out of bounds.
const FRAMES: usize = (MAX_DEPTH + 1).next_power_of_two();

/// Computes the digest of a JSON value, in one pass and without allocating. Equal values have the same digest, whatever their white
/// space, the order of their members and their escapes.
///
/// A number counts as it is spelled, and every member counts, also if its name comes twice. That is enough here, because the CLI
/// writes both events of a call with `JSON.stringify`, which spells a number in one way and repeats no name.
///
/// Two different values have the same digest with a probability of 2^-64. The digest is not cryptographic. A pair of values with
/// the same digest does little harm: a call is taken for another call of the same tool in the same session.
#[must_use]
pub fn digest(text: &[u8]) -> u64 {
    let mut frames = [Frame::default(); FRAMES];
    // The value is treated as the element of an array.
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
    // The state is rotated first, so that the order of words matters.
    (state.rotate_left(29) ^ word).wrapping_mul(FACTOR).rotate_left(32)
}

/// An array or an object whose end has not been read yet.
#[derive(Clone, Copy, Default)]
struct Frame {
    is_object: bool,
    /// For an array, a digest of the elements so far, which depends on their order. For an object, a sum over the members so far,
    /// which does not.
    sum: u64,
    /// The digest of the key of a member whose value comes next; else 0.
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

/// Reads a string after its opening quote, and computes a digest of its UTF-16 code units. One escape is one unit.
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

/// Reads a number or a literal, and computes a digest of its characters.
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
