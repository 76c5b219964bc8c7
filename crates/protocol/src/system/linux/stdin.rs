//! Standard input with a time limit.

use super::call::{EAGAIN, Timespec, call, output};
use super::files::read;
use super::numbers as nr;
use crate::system::{Errno, RETRIES, Result};

/// Standard input, read within a time limit.
pub struct Stdin {
    left: Timespec,
}

impl Stdin {
    /// Sets the limit for all reads together. It must be below 10,000 milliseconds.
    #[must_use]
    pub fn with_limit(milliseconds: u32) -> Self {
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
        Self { left: Timespec { seconds: seconds.into(), nanoseconds: i64::from(rest) * 1_000_000 } }
    }

    /// Reads the next bytes, and returns how many: 0 at the end of the input, `None` if the time is up.
    ///
    /// # Errors
    /// If standard input cannot be read.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        #[repr(C)]
        struct Poll {
            descriptor: i32,
            events: i16,
            returned: i16,
        }
        for _ in 0..RETRIES {
            let mut poll = Poll { descriptor: 0, events: 1, returned: 0 };
            // SAFETY: `poll` is one pollfd, and `left` is a timespec, to which the kernel writes the time that remains. There is
            // no signal mask.
            let ready = unsafe { call(nr::PPOLL, [output(&mut poll), 1, output(&mut self.left), 0, 0])? };
            if ready == 0 {
                return Ok(None);
            }
            match read(0, buffer) {
                Err(Errno(EAGAIN)) => {} // another process has read it
                result => return result.map(Some),
            }
        }
        Err(Errno(EAGAIN))
    }
}
