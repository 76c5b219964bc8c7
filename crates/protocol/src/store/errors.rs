//! The error numbers that the store handles in a special way.

use crate::error::{Error, Reason};
use crate::system::{self, Errno};

/// There is no such file or directory.
pub const ENOENT: Errno = Errno(2);
/// Other processes changed the same file first, each time.
pub const EAGAIN: Errno = Errno(11);
/// There is such a file already.
pub const EEXIST: Errno = Errno(17);
/// A list of calls would be too large.
pub const EFBIG: Errno = Errno(27);

/// Turns "the file is gone" and "another file is there" into `false`. The caller then reads the stored signals again.
pub fn changed_means_false(result: system::Result<bool>) -> system::Result<bool> {
    match result {
        Err(ENOENT | EEXIST) => Ok(false),
        result => result,
    }
}

/// Returns the error number of an error. An error without one is always a list that is too large.
pub fn errno_of(error: Error) -> Errno {
    match error.reason {
        Reason::System(errno) => errno,
        _ => EFBIG,
    }
}
