//! The arguments and the environment of a process.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

/// `CTL_KERN` and `KERN_PROCARGS2` of `<sys/sysctl.h>`.
pub(super) const KERNEL: c_int = 1;
pub(super) const ARGUMENTS: c_int = 49;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// See sysctl(3).
    fn sysctl(
        name: *mut c_int,
        name_len: u32,
        buffer: *mut c_void,
        len: *mut usize,
        new: *mut c_void,
        new_len: usize,
    ) -> c_int;
}

/// Reads what was laid on the stack of a process when it started: the number of its arguments, the path of its executable, its
/// arguments and its environment. `None` if there is no such process, or if it is another user's.
///
/// The system leaves out the environment of its own programs.
#[must_use]
pub fn read_process_arguments(pid: u32) -> Option<Vec<u8>> {
    let mut name = [KERNEL, ARGUMENTS, c_int::try_from(pid).ok()?];
    let mut read = |buffer: *mut c_void, len: &mut usize| {
        // SAFETY: the name has three numbers, and the system writes at most `len` bytes.
        #[allow(unsafe_code)]
        let result = unsafe { sysctl(name.as_mut_ptr(), 3, buffer, len, null_mut(), 0) };
        result == 0
    };
    let mut len = 0;
    if !read(null_mut(), &mut len) {
        return None;
    }
    let mut bytes = vec![0; len];
    if !read(bytes.as_mut_ptr().cast(), &mut len) {
        return None;
    }
    bytes.truncate(len);
    Some(bytes)
}
