//! Lists of words in one text, for tables of names and messages. A table of `&str` would take 16 bytes more for each word.

/// One line of a text. A table of texts would take 16 bytes more for each of them.
pub(crate) fn nth_line(text: &[u8], number: usize) -> &[u8] {
    nth_part(text, b'\n', number)
}

/// What stands between two separators, counted from 0; empty where there is none.
#[inline(never)]
pub(crate) fn nth_part(text: &[u8], separator: u8, number: usize) -> &[u8] {
    text.split(|byte| *byte == separator).nth(number).unwrap_or_default()
}

/// Which line of a text this one is.
#[inline(never)]
pub(crate) fn line_number(text: &[u8], line: &[u8]) -> Option<usize> {
    text.split(|byte| *byte == b'\n').position(|found| found == line)
}
