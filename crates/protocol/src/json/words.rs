//! Looks at eight bytes of a text at once.

/// Eight times the same byte.
pub(super) const fn repeat_byte(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The top bit of every byte that is 0, and perhaps of some behind it.
pub(super) fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat_byte(1)) & !word & repeat_byte(0x80)
}

/// Where the first of these is: eight at a time.
pub(super) fn find_byte(bytes: &[u8], wanted: u8) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let word = words.iter().position(|word| zero_bytes(u64::from_ne_bytes(*word) ^ repeat_byte(wanted)) != 0);
    let start = word.unwrap_or(words.len()) * 8;
    Some(start + bytes[start..].iter().position(|byte| *byte == wanted)?)
}
