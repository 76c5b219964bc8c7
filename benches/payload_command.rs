//! A command that reads a payload on stdin, as the CLI starts a hook.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::home_directory::HomeDirectory;

/// Returns the command, ready to be spawned. `program` is the executable and its arguments.
///
/// The payload is in the pipe before the process starts, so writing it takes no part in the measured time.
pub fn with_payload(program: &[PathBuf], payload: &str, home: &HomeDirectory) -> Command {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{payload}").unwrap();
    let mut command = Command::new(&program[0]);
    command.args(&program[1..]).stdin(reader);
    command.env_clear().env("HOME", home.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // This process stands for the CLI. The CLI names itself in the same way.
    command.env("CLAUDE_PID", std::process::id().to_string());
    command
}
