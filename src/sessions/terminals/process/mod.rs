//! The process of a session, as far as it leads to a terminal.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod portable;
#[cfg(not(target_os = "linux"))]
mod ps;
mod terminal_variables;
#[cfg(any(not(target_os = "linux"), test))]
mod tty_name;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
use portable as system;

use session_signals_reader::{IDENTIFIES_PROCESSES, is_cli_process, is_process_alive};

pub use system::{
    HAS_TEXT_CONSOLES, SERVER_IS_NAMED, process_ids, program_arguments, program_name, read_variables as variables_of,
    tty_of,
};
pub use terminal_variables::TerminalVariables;

/// A process and its terminal.
#[derive(Clone, Debug)]
pub struct TerminalProcess {
    pub pid: u32,
    /// When it started. The system decides in which unit.
    start: Option<u64>,
    /// The path of its controlling terminal, such as `/dev/pts/3`. `None` if it has none, or if ours has not the same.
    pub tty: Option<String>,
    /// The first process in that terminal: the shell that the terminal started. `None` if the system does not tell.
    pub leader: Option<u32>,
    pub variables: TerminalVariables,
    /// Whether a variable that is not among them is not set. Some systems do not show the environment of a process.
    pub variables_are_known: bool,
}

impl TerminalProcess {
    /// Reads the process of a session.
    ///
    /// # Errors
    /// The end of a sentence that begins with the session: the process has ended, is not certainly that of the session, or is
    /// another user's.
    pub fn read(pid: u32, start: Option<u64>) -> Result<Self, String> {
        if IDENTIFIES_PROCESSES && start.is_none() {
            return Err(format!("may run in process {pid}, but no source says when that process started"));
        }
        if !is_process_alive(pid, start) {
            return Err("has ended just now".to_owned());
        }
        if !is_cli_process(pid) {
            return Err(format!("names process {pid}, which is not Claude Code"));
        }
        if !system::has_our_user(pid) {
            return Err(format!("belongs to another user (process {pid})"));
        }
        let process = Self::read_terminal(pid, start);
        if process.is_the_same() { Ok(process) } else { Err("has ended just now".to_owned()) }
    }

    /// Reads any process of our user, such as a client of tmux. `None` if it is gone.
    pub fn read_other(pid: u32) -> Option<Self> {
        let start = system::start_of(pid);
        let is_ours = system::has_our_user(pid) && is_process_alive(pid, start);
        is_ours.then(|| Self::read_terminal(pid, start)).filter(Self::is_the_same)
    }

    /// Describes this process.
    pub fn read_own(variables: TerminalVariables) -> Self {
        let pid = std::process::id();
        let (start, tty, leader) = (system::start_of(pid), tty_of(pid), system::leader_of(pid));
        Self { pid, start, tty, leader, variables, variables_are_known: true }
    }

    fn read_terminal(pid: u32, start: Option<u64>) -> Self {
        let leader = system::leader_of(pid);
        let own = system::read_variables(pid);
        // A wrapper may have started the CLI with an empty environment. The shell around it knows the terminal, too.
        let of_leader = leader.and_then(system::read_variables);
        let variables_are_known = own.is_some() || of_leader.is_some();
        let variables = own.unwrap_or_default().or(of_leader.unwrap_or_default());
        Self { pid, start, tty: tty_of(pid), leader, variables, variables_are_known }
    }

    /// Returns whether the process still lives. Another process may have its PID by now.
    pub fn is_the_same(&self) -> bool {
        is_process_alive(self.pid, self.start)
    }

    /// Returns the process that holds the terminal: it started the first process in it. `None` if the system does not tell.
    pub fn terminal_server(&self) -> Option<u32> {
        self.leader.and_then(system::parent_of)
    }
}
