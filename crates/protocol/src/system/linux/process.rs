//! The process: clocks, signals, memory, its parent, its end.

use core::ffi::CStr;

use super::call::{Timespec, call, input, output, raw};
use super::files::inode_of;
use super::numbers as nr;
use crate::system::Result;
use crate::text::Name;
use crate::time::Time;

/// Reads the realtime clock.
///
/// # Errors
/// If the kernel refuses the call.
pub fn now() -> Result<Time> {
    clock(0)
}

/// Reads the monotonic clock, in milliseconds.
///
/// # Errors
/// If the kernel refuses the call.
pub fn monotonic() -> Result<u64> {
    clock(1).map(|time| time.to_nanoseconds() / 1_000_000)
}

fn clock(id: usize) -> Result<Time> {
    let mut time = Timespec::default();
    // SAFETY: `time` is a timespec. 0 is CLOCK_REALTIME, 1 CLOCK_MONOTONIC.
    unsafe { call(nr::CLOCK_GETTIME, [id, output(&mut time)]) }?;
    Ok(Time::new(time.seconds, time.nanoseconds as u32))
}

/// Blocks two signals that would end the process: the one for a file that grows past its limit, and the one for a broken pipe. The
/// write then fails with an error. The signals are blocked and not ignored, because one call is enough to block both.
pub fn block_signals() {
    const SIGPIPE: u64 = 13;
    const SIGXFSZ: u64 = 25;
    let signals: u64 = 1 << (SIGPIPE - 1) | 1 << (SIGXFSZ - 1);
    // SAFETY: 0 is SIG_BLOCK; the kernel reads the eight bytes of `signals`. An error changes nothing.
    let _ = unsafe { call(nr::RT_SIGPROCMASK, [0, input(&signals), 0, 8]) };
}

/// Sleeps for `milliseconds`, which must be below 1,000.
pub fn sleep(milliseconds: u32) {
    let time = Timespec { seconds: 0, nanoseconds: i64::from(milliseconds) * 1_000_000 };
    // SAFETY: `time` is a timespec, and the kernel writes nothing. A shorter sleep does no harm.
    let _ = unsafe { call(nr::NANOSLEEP, [input(&time), 0]) };
}

/// Returns the PID of the parent process; 0 if it is in another pid namespace, or the system does not say.
#[must_use]
pub fn parent_id() -> u32 {
    // SAFETY: the call has no argument. It fails only if a filter of system calls forbids it.
    (unsafe { raw(nr::GETPPID, [0; 6]) }).max(0) as u32
}

/// Returns the machine's node name.
#[must_use]
pub fn node_name() -> Option<Name> {
    let mut names = [[0_u8; 65]; 6];
    // SAFETY: `names` is a `struct new_utsname`.
    unsafe { call(nr::UNAME, [output(&mut names)]) }.ok()?;
    let name = CStr::from_bytes_until_nul(&names[1]).ok()?;
    Some(Name::concat(&[name.to_bytes()]))
}

/// Returns the inode of this process's pid namespace.
#[must_use]
pub fn pid_namespace() -> Option<u64> {
    inode_of(c"/proc/self/ns/pid".into()).ok()
}

/// Allocates memory that is all zero, and costs nothing until it is touched. It is never freed, because a hook ends soon.
///
/// # Errors
/// If there is no memory.
pub fn allocate_pages(len: usize) -> Result<&'static mut [u8]> {
    // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS.
    // SAFETY: the kernel picks an unused range, so this is the only reference to it.
    unsafe {
        let start = call(nr::MMAP, [0, len, 3, 0x22, usize::MAX])?;
        Ok(core::slice::from_raw_parts_mut(start as *mut u8, len))
    }
}

/// Writes one line to standard error. Errors are ignored.
pub fn write_error_line(line: &[u8]) {
    // SAFETY: the kernel reads `line`. An error cannot be reported anywhere.
    let _ = unsafe { call(nr::WRITE, [2, input(line), line.len()]) };
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: the call does not return.
        unsafe { raw(nr::EXIT_GROUP, [code as usize, 0, 0, 0, 0, 0]) };
    }
}
