//! What macOS tells of other processes, for every part of `sessions` that asks. Nothing here has ever been run on a Mac.

mod process_arguments;
#[cfg(test)]
mod tests;

#[cfg(target_os = "macos")]
pub use session_signals_protocol::system::{ProcessInfo, process_ids};

#[cfg(target_os = "macos")]
use process_arguments::ProcessArguments;

/// Returns whether a process runs as the user of this process.
#[cfg(target_os = "macos")]
pub fn has_our_user(pid: u32) -> bool {
    ProcessInfo::read(pid).is_some_and(|process| process.user == rustix::process::geteuid().as_raw())
}

/// Reads the environment with which a process was started: `NAME=value` entries that end with a NUL byte. Empty if this process may
/// not read it. The system never shows the environment of its own programs, such as `/bin/sh`.
#[cfg(target_os = "macos")]
pub fn read_environment(pid: u32) -> Vec<u8> {
    let bytes = session_signals_protocol::system::read_process_arguments(pid).unwrap_or_default();
    ProcessArguments::parse(&bytes).map(|arguments| arguments.environment.to_owned()).unwrap_or_default()
}

/// Returns the arguments of a process, the name of the program first.
#[cfg(target_os = "macos")]
pub fn program_arguments(pid: u32) -> Vec<String> {
    let bytes = session_signals_protocol::system::read_process_arguments(pid).unwrap_or_default();
    let arguments = ProcessArguments::parse(&bytes).map(|arguments| arguments.arguments).unwrap_or_default();
    arguments.into_iter().map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}
