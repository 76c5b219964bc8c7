//! A text edit as a list of splices. A splice list can be shown, applied and taken back.

use serde::{Deserialize, Serialize};

/// Bytes that are taken out of a text at one offset, and the bytes that are put there instead.
///
/// Example: `{at: 1, taken: "", put: "\"a\":1"}` turns `{}` into `{"a":1}`. The receipt stores splices as JSON, so the
/// names of the fields are part of its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// The offset, in bytes from the start of the text before the edit.
    pub at: usize,
    /// The bytes at that offset before the edit.
    pub taken: String,
    /// The bytes at that offset after the edit.
    pub put: String,
}

/// Applies `splices` to `text`. They must be in the order of their offsets and must not overlap.
///
/// Returns `None` if the splices overlap, or if one of them does not find its `taken` bytes at its offset.
pub fn apply_splices(text: &str, splices: &[Splice]) -> Option<String> {
    let mut result = String::with_capacity(text.len() + splices.iter().map(|splice| splice.put.len()).sum::<usize>());
    let mut done = 0;
    for splice in splices {
        let end = splice.at.checked_add(splice.taken.len())?;
        if splice.at < done || text.get(splice.at..end)? != splice.taken {
            return None;
        }
        result.push_str(text.get(done..splice.at)?);
        result.push_str(&splice.put);
        done = end;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

/// Returns the splices that take `splices` back: `apply(&apply(text, s)?, &invert(s)?)? == text`.
///
/// Returns `None` if the splices overlap.
pub fn invert_splices(splices: &[Splice]) -> Option<Vec<Splice>> {
    // The sums so far turn an offset before the edit into an offset after it.
    let (mut taken, mut put) = (0, 0);
    let mut inverted = Vec::with_capacity(splices.len());
    for splice in splices {
        let at = splice.at.checked_add(put)?.checked_sub(taken)?;
        inverted.push(Splice { at, taken: splice.put.clone(), put: splice.taken.clone() });
        taken += splice.taken.len();
        put += splice.put.len();
    }
    Some(inverted)
}

/// Returns one splice that turns `before` into `after`: everything from the first byte to the last byte that differs.
pub fn splice_between(before: &str, after: &str) -> Splice {
    let same = |(a, b): &(u8, u8)| a == b;
    let mut start = before.bytes().zip(after.bytes()).take_while(same).count();
    while !before.is_char_boundary(start) {
        start -= 1;
    }
    let (old, new) = (&before[start..], &after[start..]);
    let mut tail = old.bytes().rev().zip(new.bytes().rev()).take_while(same).count();
    while !old.is_char_boundary(old.len() - tail) {
        tail -= 1;
    }
    Splice { at: start, taken: old[..old.len() - tail].to_owned(), put: new[..new.len() - tail].to_owned() }
}
