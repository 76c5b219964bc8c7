//! Renames that replace no file.

use core::ffi::{c_char, c_int, c_uint};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// `RENAME_SWAP` of `<sys/stdio.h>`.
pub(super) const EXCHANGE: c_uint = 2;
/// `RENAME_EXCL`.
pub(super) const NEW: c_uint = 4;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// See rename(2).
    fn renamex_np(from: *const c_char, to: *const c_char, flags: c_uint) -> c_int;
}

/// Renames a file if the new name is free.
///
/// # Errors
/// The system's error.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to, NEW)
}

/// Exchanges the names of two files in one step.
///
/// # Errors
/// The system's error.
pub fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    rename(one, other, EXCHANGE)
}

fn rename(from: &Path, to: &Path, flags: c_uint) -> io::Result<()> {
    let name = |path: &Path| CString::new(path.as_os_str().as_bytes());
    let (from, to) = (name(from)?, name(to)?);
    // SAFETY: both names end with a NUL byte.
    #[allow(unsafe_code)]
    let result = unsafe { renamex_np(from.as_ptr(), to.as_ptr(), flags) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
