//! One entry of the CLI's registry.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::signal::Signal;

/// What the CLI's registry says that a session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegistryStatus {
    /// A turn runs.
    Busy,
    /// The session waits for its user.
    Idle,
    /// The session waits for its user, and a background shell runs.
    Shell,
    /// A call waits for the user's approval.
    Permission,
    /// A question waits for an answer.
    Question,
    /// A dialog is open. Either the user opened it while no turn ran, or the CLI opened it in a turn.
    Dialog,
    /// Any other word. It says nothing about the session.
    Other,
}

impl RegistryStatus {
    /// Returns the status for the members `status` and `waitingFor` of an entry.
    pub(crate) fn parse(status: &str, waiting_for: Option<&str>) -> Self {
        match (status, waiting_for) {
            ("busy", _) => Self::Busy,
            ("idle", _) => Self::Idle,
            ("shell", _) => Self::Shell,
            ("waiting", Some("permission prompt" | "sandbox request" | "worker request" | "goal proposal")) => {
                Self::Permission
            }
            ("waiting", Some("input needed")) => Self::Question,
            ("waiting", Some("dialog open")) => Self::Dialog,
            _ => Self::Other,
        }
    }
}

/// What one CLI process says about its session.
#[derive(Clone, Debug)]
pub struct RegistryEntry {
    /// The id of the session.
    pub session: String,
    /// What the session does.
    pub status: RegistryStatus,
    /// When `status` last changed.
    pub status_changed_at: SystemTime,
    /// When the file was written. The other members may be newer than `status`.
    pub written_at: SystemTime,
    /// When the process started.
    pub started_at: Option<SystemTime>,
    /// The PID of the process, in its own pid namespace.
    pub pid: u32,
    /// When the process started, as `claude_start` in a signal has it.
    pub start: Option<u64>,
    /// The inode of the process's pid namespace, if it is another one than ours.
    pub namespace: Option<String>,
    /// Whether the entry says that the process is of this host.
    pub is_of_this_host: bool,
    /// The working directory of the session.
    pub cwd: Option<PathBuf>,
    /// The name that the CLI gave the session.
    pub name: Option<String>,
}

impl RegistryEntry {
    /// Returns whether the signal names the process of this entry.
    #[must_use]
    pub fn is_process_of(&self, signal: &Signal) -> bool {
        let is_same_start = |start: u64| self.start.is_none_or(|ours| ours == start);
        signal.members.claude_pid == Some(self.pid) && signal.members.claude_start.is_none_or(is_same_start)
    }
}
