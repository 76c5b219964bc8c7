//! What a daemon is before it is itself: it makes sure that it dies with its guard, then becomes the command.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::platform;

/// Becomes the command.
///
/// # Errors
/// Where it cannot be started, or the guard is gone. There is no other way back.
pub fn exec_command(guard: u32, command: &[OsString]) -> io::Result<()> {
    platform::die_with_supervisor(guard)?;
    let Some((program, args)) = command.split_first() else { return Ok(()) };
    let error = Command::new(program).args(args).exec();
    Err(io::Error::new(error.kind(), format!("start {}: {error}", program.display())))
}
