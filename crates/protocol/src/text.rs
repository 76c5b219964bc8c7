//! Use [`Text`] when a name, a path or a line must be put together without an allocator.

use core::ffi::CStr;

/// At most `N - 1` bytes, kept so that they can be handed to the system as a C string.
#[derive(Clone)]
pub struct Text<const N: usize> {
    bytes: [u8; N],
    len: usize,
    overflowed: bool,
}

/// A path as the system takes it: 4,095 bytes and a NUL.
pub type Path = Text<4096>;

/// A file's name inside the spool: 255 bytes and a NUL.
pub type Name = Text<256>;

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0, overflowed: false }
    }
}

impl<const N: usize> Text<N> {
    /// All parts, one after the other.
    #[must_use]
    pub fn concat(parts: &[&[u8]]) -> Self {
        let mut text = Self::default();
        for part in parts {
            text.push(part);
        }
        text
    }

    /// Appends `part` whole, or nothing of it where it does not fit: [`Text::overflowed`] then says so.
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

    /// Whether something did not fit.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// The bytes, without the NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The bytes, and NUL.
    #[must_use]
    pub fn as_cstr(&self) -> Terminated<'_> {
        Terminated(&self.bytes)
    }
}

// None of these is generic, and none is inlined: else each stands at every use, 5 KB.

#[inline(never)]
fn append(bytes: &mut [u8], len: &mut usize, part: &[u8]) -> bool {
    let end = *len + part.len();
    let Some(room) = bytes.get_mut(*len..end) else { return false };
    room.copy_from_slice(part);
    *len = end;
    true
}

/// A number's digits, and where they start.
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

/// What the system takes for a C string: bytes with a NUL among them. Unlike a [`CStr`] it is made of a [`Text`] without
/// looking for the NUL.
#[derive(Clone, Copy)]
pub struct Terminated<'a>(&'a [u8]);

impl<'a> Terminated<'a> {
    /// The bytes up to some NUL, with it.
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
