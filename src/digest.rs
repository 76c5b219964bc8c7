//! One number for a JSON value, however it is spelled.

use crate::json::{MAX_DEPTH, control, hex};

/// Where each kind of value begins: digits of pi.
const ARRAY: u128 = 0x243f_6a88_85a3_08d3_1319_8a2e_0370_7344;
const OBJECT: u128 = 0xa409_3822_299f_31d0_082e_fa98_ec4e_6c89;
const STRING: u128 = 0x4528_21e6_38d0_1377_be54_66cf_34e9_0c6c;
const NUMBER: u128 = 0xc0ac_29b7_c97c_50dd_3f84_d5b5_b547_0917;
const WORD: u128 = 0x9216_d5d9_8979_fb1b_d131_0ba6_98df_b5ac;
const FACTOR: u128 = 0x2ffd_72db_d01a_dfb7_b8e1_afed_6a26_7e97;

/// How many members are known by their names at one time.
const KNOWN: usize = 64;

/// A power of two, so that no depth is out of bounds.
const FRAMES: usize = (MAX_DEPTH + 1).next_power_of_two();

/// A number for the JSON value `text`, in one pass and without allocating: the same for equal values, whatever
/// their white space, the order of their members, their escapes and the spelling of their numbers.
///
/// Of members with one name the last counts, as it does to `JSON.parse`; in an object of more than 64 members (those
/// of the open ones around it counted in) one that comes again may count twice. No CLI writes such an object: what it
/// tells has been through `JSON.parse`.
///
/// Different values have the same number once in 2^128 pairs. Who looks for such a pair gains nothing: at worst a call of
/// one's own session is taken for another one of the same tool.
#[must_use]
pub fn digest(text: &[u8]) -> u128 {
    let mut frames = [Frame::default(); FRAMES];
    let mut known = Known { members: [(0, 0); KNOWN], len: 0 };
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
                let sum = if is_object { OBJECT } else { ARRAY };
                frames[depth % FRAMES] = Frame { is_object, sum, key: 0, known: known.len };
                continue;
            }
            b']' | b'}' => {
                let frame = frames[depth % FRAMES];
                depth = depth.saturating_sub(1);
                known.len = frame.known;
                frame.sum
            }
            b'"' => string(&mut rest),
            first => scalar(*first, &mut rest),
        };
        frames[depth % FRAMES].take(value, &mut known);
    }
    frames[0].sum
}

#[inline(never)] // 1 KB
fn absorb(state: u128, word: u128) -> u128 {
    // Turned first, so that it matters which of the two is which.
    (state.rotate_left(29) ^ word).wrapping_mul(FACTOR).rotate_left(64)
}

/// An array or an object that is still open.
#[derive(Clone, Copy, Default)]
struct Frame {
    is_object: bool,
    /// An array's elements so far, in their order; an object's members, in any.
    sum: u128,
    /// Of a member whose value is still to come; else 0.
    key: u128,
    /// How many members were known when it began.
    known: usize,
}

/// The members of the open objects.
struct Known {
    members: [(u128, u128); KNOWN],
    len: usize,
}

impl Frame {
    fn take(&mut self, value: u128, known: &mut Known) {
        if !self.is_object {
            self.sum = absorb(self.sum, value);
        } else if self.key == 0 {
            self.key = value;
        } else {
            let key = core::mem::take(&mut self.key);
            let member = absorb(absorb(key, value), OBJECT);
            self.sum = self.sum.wrapping_add(member);
            let own = known.members[..known.len].iter_mut().skip(self.known);
            match own.into_iter().find(|(name, _)| *name == key) {
                Some((_, old)) => self.sum = self.sum.wrapping_sub(core::mem::replace(old, member)),
                None => {
                    if let Some(free) = known.members.get_mut(known.len) {
                        *free = (key, member);
                        known.len += 1;
                    }
                }
            }
        }
    }
}

/// What follows an opening quote, up to the closing one: by its UTF-16 code units, so that an escape is one of them.
fn string(rest: &mut &[u8]) -> u128 {
    let (mut state, mut units, mut len) = (STRING, 0_u64, 0_u64);
    let mut put = |unit: u32| {
        units = units << 16 | u64::from(unit);
        len += 1;
        if len % 4 == 0 {
            state = absorb(state, units.into());
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
                (digits.iter().fold(0, |unit, digit| unit << 4 | u32::from(hex(*digit))), more)
            }
            [b'\\', escaped, more @ ..] => (control(*escaped).into(), more),
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
    absorb(absorb(state, units.into()), len.into())
}

/// What begins with `first` and is a number or a literal.
fn scalar(first: u8, rest: &mut &[u8]) -> u128 {
    let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r');
    let (text, more) = rest.split_at(rest.iter().position(ends).unwrap_or(rest.len()));
    *rest = more;
    // Of the literals, no two begin alike.
    if first.is_ascii_alphabetic() { absorb(WORD, first.into()) } else { number(first, text) }
}

/// A number by its digits, from the first to the last that is not 0, and the power of ten of the last one.
fn number(first: u8, text: &[u8]) -> u128 {
    let (mut state, mut zeros, mut power, mut behind_point) = (NUMBER, 0_u64, 0_u64, 0);
    let mut bytes = core::iter::once(&first).chain(text);
    for byte in bytes.by_ref() {
        match byte {
            b'0' => zeros += 1,
            b'1'..=b'9' => {
                if state != NUMBER {
                    state = (0..zeros).fold(state, |state, _| absorb(state, b'0'.into()));
                }
                zeros = 0;
                state = absorb(state, (*byte).into());
            }
            b'.' => {
                behind_point = 1;
                continue;
            }
            b'e' | b'E' => break,
            _ => continue,
        }
        power = power.wrapping_sub(behind_point);
    }
    let (mut exponent, mut sign) = (0_u64, false);
    for byte in bytes {
        match byte {
            b'-' => sign = true,
            b'+' => {}
            digit => exponent = exponent.wrapping_mul(10).wrapping_add(u64::from(digit & 0xf)),
        }
    }
    let exponent = if sign { exponent.wrapping_neg() } else { exponent };
    // Zero has no power, and no sign that JSON keeps.
    if state == NUMBER {
        return state;
    }
    let power = power.wrapping_add(zeros).wrapping_add(exponent);
    absorb(absorb(state, power.into()), u128::from(first == b'-'))
}
