//! How other programs are started.

use std::ffi::OsStr;
use std::process::Command;

use crate::environment;

/// Returns a command that starts a program. The program gets the environment of this one, but no credentials.
pub fn program_command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove(environment::NATS_CREDENTIALS);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_no_credentials() {
        let command = program_command("true");
        assert_eq!(command.get_envs().collect::<Vec<_>>(), [(OsStr::new(environment::NATS_CREDENTIALS), None)]);
    }
}
