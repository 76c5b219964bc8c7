//! The operations on systems other than Linux and macOS. They have never been run.

use std::os::fd::OwnedFd;

use rustix::process::Pid;

pub use super::posix::{adopt_orphans, die_with_supervisor, kill_remaining_group, send_signal_if};

/// Returns `None`: the end of the process is found out by looking at it from time to time.
pub fn open_pidfd(_: u32) -> Option<OwnedFd> {
    None
}

/// Returns `true`: the system does not tell, and keeps everybody but root from signalling the processes of other users.
pub fn has_our_user(_: u32) -> bool {
    true
}

/// Returns whether there is such a file: the system does not tell what a process reads from. The PID and the start time have to
/// identify the process.
pub fn has_stdin(_: u32, file: Option<(u64, u64)>) -> bool {
    file.is_some()
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

/// Returns `false`: it is asked only of the processes that are listed.
pub fn is_program_of_our_user(_: u32) -> bool {
    false
}
