//! Memory that grows without an allocator.

use super::{Result, allocate_pages};

/// Enough for almost every payload. Only the pages that are touched cost anything.
const FIRST: usize = 256 * 1024;

/// Bytes that grow as they are needed. What it leaves behind is never given back, so a buffer is for a
/// process that ends soon; all of it is at most 4/3 of the last size.
pub struct Buffer {
    /// Everything there is room for.
    pub bytes: &'static mut [u8],
}

impl Buffer {
    /// Room for `least` bytes, or more.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn with_room(least: usize) -> Result<Self> {
        allocate_pages(least.max(FIRST)).map(|bytes| Self { bytes })
    }

    /// Makes room where all of it is in use.
    ///
    /// # Errors
    /// Where there is no memory.
    pub fn ensure_room(&mut self, used: usize) -> Result<()> {
        if used == self.bytes.len() {
            let larger = allocate_pages(used * 4)?;
            larger[..used].copy_from_slice(self.bytes);
            self.bytes = larger;
        }
        Ok(())
    }
}
