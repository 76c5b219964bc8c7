//! The operations on Linux.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use session_signals_protocol::cli_process::read_stat;

use super::to_pid;

pub use crate::procfs::{has_our_user, process_ids, read_environment};

/// Opens a descriptor that becomes readable when the process ends; `None` if there is no such process.
pub fn open_pidfd(pid: u32) -> Option<OwnedFd> {
    pidfd_open(to_pid(pid)?, PidfdFlags::empty()).ok()
}

/// Sends a signal to a process if `is_intended` returns `true`. Returns whether the signal was sent.
///
/// `is_intended` is called after the process has been opened. From then on the PID cannot pass to another process unnoticed.
///
/// # Errors
/// `PermissionDenied` if this process may not signal the other one.
pub fn send_signal_if(pid: u32, is_intended: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
    let Some(pid) = to_pid(pid) else { return Ok(false) };
    let sent = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(pidfd) if is_intended() => pidfd_send_signal(pidfd, signal),
        Ok(_) => return Ok(false),
        Err(error) => Err(error),
    };
    match sent {
        Ok(()) => Ok(true),
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether the standard input of a process is the file with this device and inode.
pub fn has_stdin(pid: u32, file: Option<(u64, u64)>) -> bool {
    let stdin = std::fs::metadata(format!("/proc/{pid}/fd/0"));
    file.is_some() && stdin.is_ok_and(|metadata| Some((metadata.dev(), metadata.ino())) == file)
}

/// Makes this process the parent of every descendant that loses its own parent.
///
/// # Errors
/// The error of the system call.
pub fn adopt_orphans() -> io::Result<()> {
    Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
}

/// Makes the kernel kill this process when its parent, the supervisor, dies.
///
/// # Errors
/// If the parent is not the supervisor: then the supervisor has died already.
pub fn die_with_supervisor(supervisor: u32) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if rustix::process::getppid() == to_pid(supervisor) {
        Ok(())
    } else {
        Err(io::Error::other("the supervisor is gone"))
    }
}

/// Returns the children of this process, which has one thread.
pub fn child_pids() -> Vec<Pid> {
    let own_pid = rustix::process::getpid().as_raw_nonzero();
    let children: Vec<u32> = if let Ok(list) = std::fs::read_to_string(format!("/proc/self/task/{own_pid}/children")) {
        list.split(' ').filter_map(|pid| pid.parse().ok()).collect()
    } else {
        // A kernel without CONFIG_PROC_CHILDREN has no such file.
        let is_child = |pid: &u32| read_stat(*pid).is_some_and(|stat| stat.parent == own_pid.get().unsigned_abs());
        process_ids().into_iter().filter(is_child).collect()
    };
    children.into_iter().filter_map(to_pid).collect()
}

/// Returns whether a process runs as the user of this process and has a program. A process that has ended has none, and neither
/// has a thread of the kernel.
pub fn is_program_of_our_user(pid: u32) -> bool {
    has_our_user(pid) && std::fs::read_link(format!("/proc/{pid}/exe")).is_ok()
}

/// Does nothing: on Linux every process of the group is killed as a child of the supervisor.
pub fn kill_remaining_group(_: Pid) {}
