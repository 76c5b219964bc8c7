//! Finds the one program that a hook's command line starts.

use super::{
    shared_command::parse_shared_command,
    shell_command::{ShellCommand, parse_simple_command},
};

/// Takes `line` apart if it starts one program: a simple command, or the line that we write into settings that several
/// homes share. `None` for any other line, because parts of it belong to the user.
pub fn parse_command_line(line: &str) -> Option<ShellCommand> {
    parse_shared_command(line).or_else(|| parse_simple_command(line))
}
