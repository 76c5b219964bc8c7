//! What systems other than Linux and macOS tell of a process: its terminal, by `ps`. Nothing here has ever been run.

use super::TerminalVariables;
use super::ps::ask_ps;
use super::tty_name::parse_tty;

/// Whether [`program_name`] and [`parent_of`] know something.
pub const SERVER_IS_NAMED: bool = false;

/// Whether the terminals `/dev/tty1` and so on are text consoles.
pub const HAS_TEXT_CONSOLES: bool = false;

/// Returns `None`: the system does not tell. Then only the PID identifies a process.
pub fn start_of(_: u32) -> Option<u64> {
    None
}

/// Returns `None`: it is not asked for.
pub fn parent_of(_: u32) -> Option<u32> {
    None
}

/// Returns `None`: it is not asked for.
pub fn leader_of(_: u32) -> Option<u32> {
    None
}

/// Returns the path of the controlling terminal of a process.
pub fn tty_of(pid: u32) -> Option<String> {
    parse_tty(&ask_ps(pid, "tty")?)
}

/// Returns whether a process runs as our user.
pub fn has_our_user(pid: u32) -> bool {
    ask_ps(pid, "uid").is_some_and(|uid| uid == rustix::process::geteuid().as_raw().to_string())
}

/// Returns `None`: the system does not show the environment of a process.
pub fn read_variables(_: u32) -> Option<TerminalVariables> {
    None
}

/// Returns nothing: it is not asked for.
pub fn process_ids() -> Vec<u32> {
    Vec::new()
}

/// Returns `None`: it is not asked for.
pub fn program_name(_: u32) -> Option<String> {
    None
}

/// Returns nothing: it is not asked for.
pub fn program_arguments(_: u32) -> Vec<String> {
    Vec::new()
}
