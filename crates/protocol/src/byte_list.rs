//! Lists of words in one text, for tables of names and messages.
//!
//! A table of `&str` would add 16 bytes to the hooks for each word.

/// Returns the line of this number, counted from 0; empty if there is none.
pub(crate) fn nth_line(text: &[u8], number: usize) -> &[u8] {
    nth_part(text, b'\n', number)
}

/// Returns the part of this number between separators, counted from 0; empty if there is none.
#[inline(never)]
pub(crate) fn nth_part(text: &[u8], separator: u8, number: usize) -> &[u8] {
    text.split(|byte| *byte == separator).nth(number).unwrap_or_default()
}

/// Returns the number of the line that equals `line`, counted from 0.
#[inline(never)]
pub(crate) fn line_number(text: &[u8], line: &[u8]) -> Option<usize> {
    text.split(|byte| *byte == b'\n').position(|candidate| candidate == line)
}
