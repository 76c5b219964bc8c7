//! The operations for which systems other than Linux have nothing but POSIX.

use std::io;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::to_pid;

/// Sends a signal to a process if `is_intended` returns `true`. Returns whether the signal was sent.
///
/// The PID may pass to another process between the two. POSIX has no way to prevent that.
///
/// # Errors
/// `PermissionDenied` if this process may not signal the other one.
pub fn send_signal_if(pid: u32, is_intended: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
    match to_pid(pid).filter(|_| is_intended()).map(|pid| kill_process(pid, signal)) {
        Some(Ok(())) => Ok(true),
        None | Some(Err(Errno::SRCH)) => Ok(false),
        Some(Err(error)) => Err(error.into()),
    }
}

/// Does nothing: there is no subreaper.
///
/// # Errors
/// None.
#[expect(clippy::unnecessary_wraps, reason = "it fails on Linux")]
pub fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Does nothing: there is no signal on a parent's death.
///
/// # Errors
/// None.
#[expect(clippy::unnecessary_wraps, reason = "it fails on Linux")]
pub fn die_with_supervisor(_: u32) -> io::Result<()> {
    Ok(())
}

/// Kills a daemon's process group. A process of it that has lost its parent is no child of this process.
pub fn kill_remaining_group(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
}
