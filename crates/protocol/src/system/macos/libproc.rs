//! The calls of `<libproc.h>`.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

/// `PROC_ALL_PIDS` of `<sys/proc_info.h>`.
pub(super) const ALL_PROCESSES: u32 = 1;
/// `PROC_PPID_ONLY`.
pub(super) const CHILDREN: u32 = 6;

/// Between two calls, so many processes may start. There is room for them.
const ROOM: usize = 64;

#[allow(unsafe_code)]
unsafe extern "C" {
    /// Returns how many bytes it wrote.
    fn proc_pidinfo(pid: c_int, flavor: c_int, argument: u64, buffer: *mut c_void, len: c_int) -> c_int;
    /// Returns how many bytes it wrote.
    fn proc_pidfdinfo(pid: c_int, descriptor: c_int, flavor: c_int, buffer: *mut c_void, len: c_int) -> c_int;
    /// Returns how many bytes it wrote, or how many it would need if there is no buffer.
    fn proc_listpids(kind: u32, of: u32, buffer: *mut c_void, len: c_int) -> c_int;
}

/// Fills the buffer with what the system says about a process. Returns `false` if there is no such process, or if the system does not
/// tell.
pub(super) fn read_process(pid: u32, flavor: c_int, buffer: &mut [u8]) -> bool {
    let (Some(pid), Ok(len)) = (to_pid(pid), c_int::try_from(buffer.len())) else { return false };
    // SAFETY: the system writes at most `len` bytes. The argument 1 also finds processes that have ended and that their parent has
    // not waited for.
    #[allow(unsafe_code)]
    let written = unsafe { proc_pidinfo(pid, flavor, 1, buffer.as_mut_ptr().cast(), len) };
    written == len
}

/// Fills the buffer with what the system says about an open file of a process. Returns `false` if there is none of this kind, or if
/// the system does not tell.
pub(super) fn read_descriptor(pid: u32, descriptor: c_int, flavor: c_int, buffer: &mut [u8]) -> bool {
    let (Some(pid), Ok(len)) = (to_pid(pid), c_int::try_from(buffer.len())) else { return false };
    // SAFETY: the system writes at most `len` bytes.
    #[allow(unsafe_code)]
    let written = unsafe { proc_pidfdinfo(pid, descriptor, flavor, buffer.as_mut_ptr().cast(), len) };
    written == len
}

/// Returns the PIDs of all processes.
#[must_use]
pub fn process_ids() -> Vec<u32> {
    list_processes(ALL_PROCESSES, 0)
}

/// Returns the PIDs of the children of a process.
#[must_use]
pub fn child_ids(parent: u32) -> Vec<u32> {
    list_processes(CHILDREN, parent)
}

fn list_processes(kind: u32, of: u32) -> Vec<u32> {
    // SAFETY: without a buffer, nothing is written.
    #[allow(unsafe_code)]
    let needed = unsafe { proc_listpids(kind, of, null_mut(), 0) };
    let mut pids = vec![0_u32; usize::try_from(needed).unwrap_or_default() / size_of::<u32>() + ROOM];
    let len = c_int::try_from(size_of_val(pids.as_slice())).unwrap_or_default();
    // SAFETY: the system writes at most `len` bytes, and every bit pattern is a PID.
    #[allow(unsafe_code)]
    let written = unsafe { proc_listpids(kind, of, pids.as_mut_ptr().cast(), len) };
    pids.truncate(usize::try_from(written).unwrap_or_default() / size_of::<u32>());
    // The kernel itself is process 0.
    pids.retain(|pid| *pid > 0);
    pids
}

fn to_pid(pid: u32) -> Option<c_int> {
    c_int::try_from(pid).ok().filter(|pid| *pid > 0)
}
