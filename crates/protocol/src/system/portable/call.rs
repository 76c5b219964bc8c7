//! Repeats interrupted calls, and converts their errors.

use std::io;

use crate::system::{Errno, RETRIES, Result};

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub fn errno(error: io::Error) -> Errno {
    Errno(error.raw_os_error().unwrap_or_default())
}

/// Makes a call, and repeats it if it was interrupted, up to [`RETRIES`] times.
pub fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T> {
    for _ in 1..RETRIES {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result.map_err(errno),
        }
    }
    call().map_err(errno)
}
