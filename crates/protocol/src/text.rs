//! Text without an allocator: names, paths and lines that are put together from parts.

use core::ffi::CStr;

/// Text of at most `N - 1` bytes, with a NUL after it, so that it can be passed to the system as a C string.
#[derive(Clone)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    overflowed: bool,
}

/// A path of at most 4,095 bytes, the system's limit.
pub type Path = Text<4096>;

/// A file name, or another short text, of at most 255 bytes.
pub type Name = Text<256>;

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0, overflowed: false }
    }
}

impl<const N: usize> Text<N> {
    /// Joins the parts. A part that does not fit is left out: see [`Text::overflowed`].
    #[must_use]
    pub fn concat(parts: &[&[u8]]) -> Self {
        let mut text = Self::default();
        for part in parts {
            text.push(part);
        }
        text
    }

    /// Appends `part`. If it does not fit, nothing is appended, and [`Text::overflowed`] returns true from then on.
    #[inline(never)]
    pub fn push(&mut self, part: &[u8]) {
        // The last byte stays NUL.
        self.overflowed |= !append(&mut self.bytes[..N - 1], &mut self.len, part);
    }

    /// Appends `number` in decimal, with at least `digits` digits.
    pub fn push_decimal(&mut self, number: u64, digits: usize) {
        let (buffer, start) = to_digits(number, 10, digits);
        self.push(&buffer[start..]);
    }

    /// Appends `number` as 16 hexadecimal digits.
    pub fn push_hex(&mut self, number: u64) {
        let (buffer, start) = to_digits(number, 16, 16);
        self.push(&buffer[start..]);
    }

    /// Returns whether some part did not fit.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Returns the bytes without the NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Returns the bytes with the NUL.
    #[must_use]
    pub fn as_cstr(&self) -> Terminated<'_> {
        Terminated(&self.bytes)
    }
}

// These functions are not generic and not inlined. Otherwise there would be a copy of them at every use, 5 KB in all.

#[inline(never)]
fn append(bytes: &mut [u8], len: &mut usize, part: &[u8]) -> bool {
    let end = *len + part.len();
    let Some(room) = bytes.get_mut(*len..end) else { return false };
    room.copy_from_slice(part);
    *len = end;
    true
}

/// Returns the digits of a number at the end of a buffer, and where they start.
#[inline(never)]
fn to_digits(mut number: u64, radix: u64, digits: usize) -> ([u8; 20], usize) {
    let mut buffer = [b'0'; 20];
    let mut at = buffer.len();
    while at > 0 && (number > 0 || buffer.len() - at < digits) {
        at -= 1;
        buffer[at] = b"0123456789abcdef"[usize::try_from(number % radix).unwrap_or_default()];
        number /= radix;
    }
    (buffer, at)
}

/// Bytes with a NUL among them, which the system reads as a C string. Unlike a [`CStr`], it is made from a [`Text`] without a
/// search for the NUL.
#[derive(Clone, Copy)]
pub struct Terminated<'a>(&'a [u8]);

impl<'a> Terminated<'a> {
    /// Returns the bytes. The last one is NUL; the text ends at the first NUL.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }
}

impl<'a> From<&'a CStr> for Terminated<'a> {
    fn from(text: &'a CStr) -> Self {
        Self(text.to_bytes_with_nul())
    }
}
