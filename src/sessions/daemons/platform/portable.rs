//! The operations on systems other than Linux, as far as POSIX has them.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::to_pid;

/// Returns `None`: there is no pidfd.
pub fn open_pidfd(_: u32) -> Option<OwnedFd> {
    None
}

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

/// Returns `true`: the system does not tell. It keeps everybody but root from signalling the processes of other users.
pub fn has_our_user(_: u32) -> bool {
    true
}

/// Returns whether there is such a file: the system does not tell what a process reads from. The PID and the start time have to
/// identify the process.
pub fn has_stdin(_: u32, file: Option<(u64, u64)>) -> bool {
    file.is_some()
}

/// Does nothing: there is no subreaper.
///
/// # Errors
/// None.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Does nothing: there is no signal on a parent's death.
///
/// # Errors
/// None.
pub fn die_with_supervisor(_: u32) -> io::Result<()> {
    Ok(())
}

/// Returns nothing: the system does not list children.
pub fn child_pids() -> Vec<Pid> {
    Vec::new()
}

/// Returns nothing: the system does not list processes.
pub fn process_ids() -> Vec<u32> {
    Vec::new()
}

/// Returns nothing: the system does not show the environment of a process.
pub fn read_environment(_: u32) -> Vec<u8> {
    Vec::new()
}

/// Returns the path of this executable, or an empty path if the system does not tell.
pub fn this_executable() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

/// Kills a daemon's process group, because the children of this process cannot be listed.
pub fn kill_remaining_group(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
}
