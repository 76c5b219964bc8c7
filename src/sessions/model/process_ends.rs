//! Waits for the end of processes. No file changes when a process is killed.

use std::collections::HashSet;

use crate::daemons::open_pidfd;
use crate::wait_for_descriptor::wait_until_readable;

/// A thread needs little more than the call that waits.
const STACK_LEN: usize = 64 << 10;

/// The processes whose end is waited for. Each has a thread, because there are only as many as sessions that run.
#[derive(Default)]
pub struct ProcessEnds(HashSet<u32>);

impl ProcessEnds {
    /// Calls `on_end` from another thread when the process ends, unless its end is waited for already. Returns false if the end
    /// cannot be waited for: then the process must be looked at from time to time.
    pub fn watch(&mut self, pid: u32, on_end: impl FnOnce() + Send + 'static) -> bool {
        if self.0.contains(&pid) {
            return true;
        }
        let Some(pidfd) = open_pidfd(pid) else { return false };
        let wait = move || {
            wait_until_readable(&pidfd);
            on_end();
        };
        let is_started = std::thread::Builder::new().stack_size(STACK_LEN).spawn(wait).is_ok();
        is_started && self.0.insert(pid)
    }

    /// Forgets the processes that are not among these, so that a process that gets the same PID later is watched again.
    pub fn retain(&mut self, pids: &HashSet<u32>) {
        self.0.retain(|pid| pids.contains(pid));
    }
}
