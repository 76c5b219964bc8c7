//! A text edit as a list of splices, so that it can be shown, applied and taken back.

use serde::{Deserialize, Serialize};

/// Bytes taken out of a text at one place, and the bytes put there instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// Where, in bytes from the start of the text before the edit.
    pub at: usize,
    /// What is there before the edit.
    pub taken: String,
    /// What is there after it.
    pub put: String,
}

/// Applies `splices`, in order of `at` and not overlapping; `None` where one does not fit the text.
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

/// The edit that takes `splices` back: `apply(&apply(text, s)?, &inverse(s)?)? == text`. `None` where they overlap.
pub fn invert_splices(splices: &[Splice]) -> Option<Vec<Splice>> {
    let (mut taken, mut put) = (0, 0); // so far, to turn offsets before the edit into offsets after it
    let mut inverted = Vec::with_capacity(splices.len());
    for splice in splices {
        let at = splice.at.checked_add(put)?.checked_sub(taken)?;
        inverted.push(Splice { at, taken: splice.put.clone(), put: splice.taken.clone() });
        taken += splice.taken.len();
        put += splice.put.len();
    }
    Some(inverted)
}

/// One splice that turns `before` into `after`: all between the first and the last byte they differ in.
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
