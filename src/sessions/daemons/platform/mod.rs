//! The operations that differ between Linux and other systems.
//!
//! Both implementations have the same functions. The rest of `daemons` calls them by the names below and never asks which
//! system this is.
//!
//! Linux keeps every promise of `sessions daemons`. The portable implementation has no pidfd, no subreaper and no signal on a
//! parent's death. There the supervisor polls the CLI, ends daemons by their process groups, and leaves behind what has left its
//! group or has outlived a killed supervisor. The portable implementation has never been run.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod portable;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use portable as system;

use rustix::process::Pid;

pub use system::{
    adopt_orphans, child_pids, die_with_supervisor, has_our_user, has_stdin, kill_remaining_group, open_pidfd,
    process_ids, read_environment, send_signal_if, this_executable,
};

/// Converts a PID to the type that system calls take; `None` if no process can have this PID.
pub fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}
