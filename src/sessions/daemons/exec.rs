//! `sessions daemons exec`: makes sure that the process dies with its supervisor, then becomes the daemon's program.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::platform;

/// Replaces this process by the command. Returns only if that fails, or if the command is empty.
///
/// # Errors
/// If the program cannot be started, or if the supervisor is gone.
pub fn exec_command(supervisor: u32, command: &[OsString]) -> io::Result<()> {
    platform::die_with_supervisor(supervisor)?;
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let error = Command::new(program).args(args).exec();
    Err(io::Error::new(error.kind(), format!("start {}: {error}", program.display())))
}
