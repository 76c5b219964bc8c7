//! The end of a process that is no child of this one.

use core::ffi::{c_int, c_void};
use core::ptr::{null, null_mut};
use std::os::fd::{FromRawFd as _, OwnedFd};

/// `struct kevent` of `<sys/event.h>`.
#[repr(C)]
pub(super) struct Event {
    ident: usize,
    pub(super) filter: i16,
    pub(super) flags: u16,
    pub(super) filter_flags: u32,
    data: isize,
    user_data: *mut c_void,
}

/// `EVFILT_PROC`: what a process does.
pub(super) const PROCESS: i16 = -5;
/// `EV_ADD`.
pub(super) const ADD: u16 = 1;
/// `NOTE_EXIT`.
pub(super) const EXIT: u32 = 0x8000_0000;
/// `F_SETFD` and `FD_CLOEXEC` of `<fcntl.h>`.
pub(super) const SET_FLAGS: c_int = 2;
pub(super) const CLOSE_ON_EXEC: c_int = 1;

#[allow(unsafe_code)]
unsafe extern "C" {
    safe fn kqueue() -> c_int;
    fn kevent(
        queue: c_int,
        changes: *const Event,
        change_count: c_int,
        events: *mut Event,
        event_count: c_int,
        timeout: *const c_void,
    ) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
}

/// Opens a descriptor that becomes readable when the process ends, and stays so. `None` if there is no such process.
#[must_use]
pub fn open_process_end(pid: u32) -> Option<OwnedFd> {
    let ident = usize::try_from(pid).ok().filter(|pid| *pid > 0)?;
    let descriptor = kqueue();
    if descriptor < 0 {
        return None;
    }
    // SAFETY: the descriptor is new, and nothing else owns it.
    #[allow(unsafe_code)]
    let queue = unsafe { OwnedFd::from_raw_fd(descriptor) };
    let change = Event { ident, filter: PROCESS, flags: ADD, filter_flags: EXIT, data: 0, user_data: null_mut() };
    // SAFETY: the system reads one event, writes none, and so never waits. The descriptor is open.
    #[allow(unsafe_code)]
    let is_added = unsafe {
        fcntl(descriptor, SET_FLAGS, CLOSE_ON_EXEC);
        kevent(descriptor, &raw const change, 1, null_mut(), 0, null()) == 0
    };
    is_added.then_some(queue)
}
