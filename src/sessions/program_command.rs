//! How other programs are started, and this program once more.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use crate::environment;

/// Returns a command that starts a program. The program gets the environment of this one, but no credentials.
pub fn program_command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_remove(environment::NATS_CREDENTIALS);
    command
}

/// Returns the path of this program; an empty path if the system does not tell it. On Linux, it leads to the program that runs, even
/// after an update has replaced the file. Elsewhere it leads to the new file.
pub fn own_program() -> PathBuf {
    if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { std::env::current_exe().unwrap_or_default() }
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
