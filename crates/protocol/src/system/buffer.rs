//! A buffer that grows without an allocator.

use super::{Result, allocate_pages};

/// The size of a new buffer, in bytes. It is enough for almost every payload. Only the pages that are touched cost memory.
const FIRST_LEN: usize = 256 * 1024;

/// A buffer that grows as needed.
///
/// The memory is never freed, so use it in a process that ends soon. In all, it takes at most 4/3 of the last size.
pub struct Buffer {
    /// All bytes of the buffer.
    pub bytes: &'static mut [u8],
}

impl Buffer {
    /// Makes a buffer of at least `min_len` bytes.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn with_room(min_len: usize) -> Result<Self> {
        allocate_pages(min_len.max(FIRST_LEN)).map(|bytes| Self { bytes })
    }

    /// Makes the buffer four times as large if all of its bytes are used.
    ///
    /// # Errors
    /// If there is no memory.
    pub fn ensure_room(&mut self, used: usize) -> Result<()> {
        if used == self.bytes.len() {
            let larger = allocate_pages(used * 4)?;
            larger[..used].copy_from_slice(self.bytes);
            self.bytes = larger;
        }
        Ok(())
    }
}
