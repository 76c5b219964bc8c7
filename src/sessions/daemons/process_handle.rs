//! Identifies one process. A PID alone is not enough, because the system gives it to another process later.

use std::io;
use std::time::Duration;

use rustix::process::Signal;
use serde::{Deserialize, Serialize};
use session_signals_cli::wait_until;
use session_signals_protocol::cli_process::{CliProcess, read_stat};
use session_signals_reader::is_process_alive;

use super::platform;

/// How often [`ProcessHandle::wait_for_end`] looks.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// A PID with the start time of its process. The state file holds it in this form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessHandle {
    /// The PID.
    pub pid: u32,
    /// The start time, as [`ProcessStat`](session_signals_protocol::cli_process::ProcessStat) has it; `None` if the system does not
    /// tell.
    pub start: Option<u64>,
}

impl ProcessHandle {
    /// Returns the process that has this PID now.
    pub fn of_pid(pid: u32) -> Self {
        Self { pid, start: read_stat(pid).map(|stat| stat.start).filter(|start| *start > 0) }
    }

    /// Returns whether the process is alive.
    pub fn is_alive(self) -> bool {
        is_process_alive(self.pid, self.start)
    }

    /// Returns whether the other process has started or adopted this one. `true` if the system does not tell.
    pub fn is_child_of(self, parent: Self) -> bool {
        read_stat(self.pid).is_none_or(|stat| stat.parent == parent.pid)
    }

    /// Sends a signal to this process and to no other. Returns `false` if the process has ended, or if `is_intended` returns
    /// `false`.
    ///
    /// `is_intended` is called when the PID can no longer pass to another process unnoticed. It checks once more that the process
    /// is what the caller takes it for.
    ///
    /// # Errors
    /// `PermissionDenied` if this process may not signal the other one.
    pub fn send_signal(self, is_intended: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
        platform::send_signal_if(self.pid, &|| self.is_alive() && is_intended(), signal)
    }

    /// Waits for the end of the process. Returns `false` if the process is still alive after `limit`.
    pub fn wait_for_end(self, limit: Duration) -> bool {
        wait_until(limit, POLL_INTERVAL, || (!self.is_alive()).then_some(())).is_some()
    }
}

/// Returns the CLI that runs this hook; `None` if the CLI has ended or cannot be told. `claude_pid` is the value of the variable
/// `CLAUDE_PID`.
pub fn find_claude(claude_pid: Option<u32>) -> Option<ProcessHandle> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().get().unsigned_abs();
    match CliProcess::find(claude_pid.unwrap_or_default(), parent, read_stat) {
        CliProcess::Process(pid, start) => Some(ProcessHandle { pid, start: Some(start).filter(|start| *start > 0) }),
        CliProcess::Gone | CliProcess::Unknown => None,
    }
}
