//! Waits for the end of a process that is no child of this one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::platform;
use super::process_handle::ProcessHandle;

/// How often the process is looked at on a system without pidfd.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// A process whose end is waited for.
pub struct ProcessWatch {
    process: ProcessHandle,
    /// `None` on a system without pidfd.
    pidfd: Option<OwnedFd>,
}

impl ProcessWatch {
    /// Starts to watch a process; `None` if it has ended.
    pub fn watch_process(process: ProcessHandle) -> Option<Self> {
        let pidfd = platform::open_pidfd(process.pid);
        // Only a check after the open proves that the descriptor is of this process and not of a later one with its PID.
        process.is_alive().then_some(Self { process, pidfd })
    }

    /// Returns the descriptor that becomes readable when the process ends; `None` on a system without pidfd.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.pidfd.as_ref().map(AsFd::as_fd)
    }

    /// Returns after how long [`ProcessWatch::has_ended`] must be called again, if there is no descriptor to wait for.
    pub fn poll_interval(&self) -> Option<Duration> {
        self.pidfd.is_none().then_some(POLL_INTERVAL)
    }

    /// Returns whether the process has ended.
    pub fn has_ended(&self) -> bool {
        !self.process.is_alive()
    }
}
