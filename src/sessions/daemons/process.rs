//! One process for good: a PID alone is another's tomorrow.

use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use serde::{Deserialize, Serialize};
use session_signals::process::{Stat, stat};

use super::platform;
use crate::evidence::process::lives;

/// A PID, and when the process started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its PID.
    pub pid: u32,
    /// In clock ticks since boot; `None` where the system does not tell.
    pub start: Option<u64>,
}

impl Process {
    /// The process that has this PID now.
    pub fn of(pid: u32) -> Self {
        Self { pid, start: stat(pid).map(|stat| stat.start) }
    }

    /// Whether it lives.
    pub fn lives(self) -> bool {
        lives(self.pid, self.start)
    }

    /// Sends it a signal, and never another; `false` where it has ended.
    ///
    /// # Errors
    /// Where we may not.
    pub fn signal(self, signal: Signal) -> io::Result<bool> {
        platform::signal(self, &|| self.lives(), signal)
    }

    /// Waits for its end; `false` where that did not come in time.
    pub fn wait(self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        while self.lives() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

/// As the system's calls take it.
pub fn pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// The CLI that runs this hook: its parent, or that one's parent where it is a shell. `CLAUDE_PID` decides where it
/// is one of the two; any other is an outer CLI's that this one inherited.
pub fn claude(said: Option<u32>) -> Option<Process> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().get().unsigned_abs();
    let found = stat(parent);
    let grandparent = found.map(|Stat { parent, .. }| parent);
    let claude = match (said, found) {
        (Some(said), _) if said == parent || Some(said) == grandparent => said,
        (_, Some(Stat { is_shell: true, parent, .. })) => parent,
        _ => parent,
    };
    // Process 1 is nobody's CLI: the real one has died.
    (claude > 1).then(|| Process::of(claude))
}
