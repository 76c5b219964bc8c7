//! The operations that differ between Linux and other systems.
//!
//! All implementations have the same functions. The rest of `daemons` calls them by the names below and never asks which
//! system this is.
//!
//! Linux keeps every promise of `sessions daemons`. No other system has a subreaper or a signal on a parent's death. There the
//! supervisor ends daemons by their process groups, and leaves behind what has left its group. What has outlived a killed supervisor
//! is found on macOS as on Linux, unless it is a program of the system. macOS tells the end of the CLI with a kqueue; elsewhere the
//! supervisor looks at the CLI from time to time. Only the implementation for Linux has ever been run.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod portable;
#[cfg(not(target_os = "linux"))]
mod posix;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use portable as system;

use rustix::process::Pid;

pub use system::{
    adopt_orphans, child_pids, die_with_supervisor, has_our_user, has_stdin, is_program_of_our_user,
    kill_remaining_group, open_pidfd, process_ids, read_environment, send_signal_if,
};

/// Converts a PID to the type that system calls take; `None` if no process can have this PID.
pub fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}
