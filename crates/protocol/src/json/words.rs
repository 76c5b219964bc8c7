//! Searches text eight bytes at a time.

/// Returns a word of eight equal bytes.
pub(super) const fn repeat_byte(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Returns a word in which the top bit of every byte that is 0 is set. It may also be set in bytes after the first such byte.
pub(super) fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(repeat_byte(1)) & !word & repeat_byte(0x80)
}

/// Returns where a byte first occurs.
pub(super) fn find_byte(bytes: &[u8], byte: u8) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let word = words.iter().position(|word| zero_bytes(u64::from_ne_bytes(*word) ^ repeat_byte(byte)) != 0);
    let start = word.unwrap_or(words.len()) * 8;
    Some(start + bytes[start..].iter().position(|other| *other == byte)?)
}
