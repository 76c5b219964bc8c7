//! What macOS tells of a process. Nothing here has ever been run.

use std::os::unix::fs::MetadataExt as _;

use fs_err as fs;
use rustix::process::{Pid, getsid};

use super::TerminalVariables;
use super::ps::ask_ps;
use super::tty_name::{parse_tty, pseudo_terminal_path};
use crate::macos::{ProcessInfo, read_environment};

pub use crate::macos::{has_our_user, process_ids, program_arguments};

/// Whether [`program_name`] and [`parent_of`] know something.
pub const SERVER_IS_NAMED: bool = true;

/// Whether the terminals `/dev/tty1` and so on are text consoles.
pub const HAS_TEXT_CONSOLES: bool = false;

/// Returns when a process started, in microseconds since 1970. `None` for the process of another user.
pub fn start_of(pid: u32) -> Option<u64> {
    ProcessInfo::read(pid)?.start
}

/// Returns the parent of a process.
pub fn parent_of(pid: u32) -> Option<u32> {
    ProcessInfo::read(pid).map(|process| process.parent).filter(|pid| *pid > 0)
}

/// Returns the first process of the terminal of a process.
pub fn leader_of(pid: u32) -> Option<u32> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    getsid(Some(pid)).ok().map(|leader| leader.as_raw_nonzero().get().unsigned_abs())
}

/// Returns the path of the controlling terminal of a process.
pub fn tty_of(pid: u32) -> Option<String> {
    let process = ProcessInfo::read(pid)?;
    if process.start.is_none() {
        // The first process of a terminal may be `login`, which runs as root. The system tells its terminal to `ps` alone.
        return parse_tty(&ask_ps(pid, "tty")?);
    }
    let device = process.terminal?;
    let path = pseudo_terminal_path(device);
    let has_device = |path: &String| {
        fs::metadata(path).is_ok_and(|metadata| metadata.rdev() & u64::from(u32::MAX) == u64::from(device))
    };
    Some(path).filter(has_device).or_else(|| parse_tty(&ask_ps(pid, "tty")?))
}

/// Reads the named variables of a process, and keeps nothing else of its environment. `None` if the system does not show it.
pub fn read_variables(pid: u32) -> Option<TerminalVariables> {
    let environment = read_environment(pid);
    (!environment.is_empty()).then(|| TerminalVariables::from_environment(&environment))
}

/// Returns the name of the program of a process.
pub fn program_name(pid: u32) -> Option<String> {
    let process = ProcessInfo::read(pid)?;
    Some(String::from_utf8_lossy(process.name()).into_owned())
}
