//! The operations on macOS.

use rustix::process::Pid;
use session_signals_protocol::system::{OpenFile, child_ids};

use super::to_pid;

pub use super::posix::{adopt_orphans, die_with_supervisor, kill_remaining_group, send_signal_if};
pub use crate::macos::{has_our_user, process_ids, read_environment};
pub use session_signals_protocol::system::open_process_end as open_pidfd;

/// Returns whether the standard input of a process is the file with this device and inode.
pub fn has_stdin(pid: u32, file: Option<(u64, u64)>) -> bool {
    // stat(2) extends the sign of a device.
    let is_device = |device: u32, of_file: u64| u64::from(device) == of_file & u64::from(u32::MAX);
    let stdin = OpenFile::read_stdin(pid);
    file.zip(stdin).is_some_and(|((device, inode), stdin)| is_device(stdin.device, device) && stdin.inode == inode)
}

/// Returns the children of this process.
pub fn child_pids() -> Vec<Pid> {
    child_ids(std::process::id()).into_iter().filter_map(to_pid).collect()
}

/// Returns `false`: the system never shows the environment of its own programs, so there is nothing to wait for.
pub fn is_program_of_our_user(_: u32) -> bool {
    false
}
