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
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut text = Self::default();
        for part in parts {
            text.push(part);
        }
        text
    }

    /// Appends `part` whole, or nothing of it where it does not fit: [`Text::overflowed`] then says so.
    #[inline(never)] // at every use it would be 1 KB
    pub fn push(&mut self, part: &[u8]) {
        // The last byte stays NUL.
        match append(&mut self.bytes[..N - 1], self.len, part) {
            Some(len) => self.len = len,
            None => self.overflowed = true,
        }
    }

    /// Appends `number` in decimal, with at least `digits` digits.
    pub fn push_decimal(&mut self, number: u64, digits: usize) {
        self.push_radix(number, 10, digits);
    }

    /// Appends `number` as 16 hexadecimal digits.
    pub fn push_hex(&mut self, number: u64) {
        self.push_radix(number, 16, 16);
    }

    #[inline(never)]
    fn push_radix(&mut self, mut number: u64, radix: u64, digits: usize) {
        let mut buffer = [b'0'; 20];
        let mut at = buffer.len();
        while at > 0 && (number > 0 || buffer.len() - at < digits) {
            at -= 1;
            buffer[at] = b"0123456789abcdef"[usize::try_from(number % radix).unwrap_or_default()];
            number /= radix;
        }
        self.push(&buffer[at..]);
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

    /// The bytes up to the first NUL, with it.
    #[must_use]
    pub fn as_cstr(&self) -> &CStr {
        terminated(&self.bytes)
    }
}

/// Not generic, and not inlined: else both stand at every use, 3 KB.
#[inline(never)]
fn append(bytes: &mut [u8], len: usize, part: &[u8]) -> Option<usize> {
    let end = len + part.len();
    bytes.get_mut(len..end)?.copy_from_slice(part);
    Some(end)
}

#[inline(never)]
fn terminated(bytes: &[u8]) -> &CStr {
    CStr::from_bytes_until_nul(bytes).unwrap_or_default()
}
