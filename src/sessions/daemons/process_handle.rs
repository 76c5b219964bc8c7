//! One process for good: a PID alone is another's tomorrow.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use session_signals_protocol::cli_process::{CliProcess, read_stat};

use super::platform;
use session_signals_reader::is_process_alive;

/// A PID, and when the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessHandle {
    /// Its PID.
    pub pid: u32,
    /// In clock ticks since boot; `None` where the system does not tell.
    pub start: Option<u64>,
}

impl ProcessHandle {
    /// The process that has this PID now.
    pub fn of_pid(pid: u32) -> Self {
        Self { pid, start: read_stat(pid).map(|stat| stat.start) }
    }

    /// Whether it lives.
    pub fn is_alive(self) -> bool {
        is_process_alive(self.pid, self.start)
    }

    /// Whether another process started it, or took it in. Where the system does not tell, nothing speaks against it.
    pub fn is_child_of(self, parent: Self) -> bool {
        read_stat(self.pid).is_none_or(|stat| stat.parent == parent.pid)
    }

    /// Sends it a signal, and never another; `false` where it has ended. `is_it` is asked once the process is held fast:
    /// whether it is still what it was taken for.
    ///
    /// # Errors
    /// Where we may not.
    pub fn send_signal(self, is_it: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
        platform::signal_process(self, &|| self.is_alive() && is_it(), signal)
    }

    /// Waits for its end; `false` where that did not come in time.
    pub fn wait_for_end(self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

/// As the system's calls take it.
pub fn to_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The CLI that runs this hook; `None` where it has ended meanwhile, or nobody knows. `said`: the value of `CLAUDE_PID`.
pub fn find_claude(said: Option<u32>) -> Option<ProcessHandle> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().get().unsigned_abs();
    match CliProcess::find(said.unwrap_or_default(), parent, read_stat) {
        CliProcess::Process(pid, _) => Some(ProcessHandle::of_pid(pid)),
        CliProcess::Gone | CliProcess::Unknown => None,
    }
}
