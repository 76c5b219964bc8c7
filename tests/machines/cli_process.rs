//! A process that stands for the CLI on a machine.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fs_err as fs;
use tempfile::TempDir;

use crate::sandbox::{Sandbox, executable_for_event, executable_path, payload};

/// A shell with the name `claude` that runs the hooks of one session. It ends with its machine.
pub struct CliProcess {
    shell: Child,
    commands: ChildStdin,
    results: BufReader<ChildStdout>,
    directory: TempDir,
}

impl CliProcess {
    /// Starts it by this command, to which the program is added.
    pub fn start(mut command: Command, sandbox: &Sandbox) -> Self {
        let directory = TempDir::new().unwrap();
        let claude = directory.path().join("claude");
        symlink("/bin/sh", &claude).unwrap();
        command.arg(claude).env_clear().env("HOME", sandbox.home()).env("PATH", std::env::var_os("PATH").unwrap());
        let mut shell = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = shell.stdin.take().unwrap();
        let results = BufReader::new(shell.stdout.take().unwrap());
        Self { shell, commands, results, directory }
    }

    /// Runs the hook of an event. It must succeed.
    pub fn run_hook(&mut self, session: &str, event: &str, members: &str) {
        let input = self.directory.path().join("in");
        fs::write(&input, payload(session, event, members)).unwrap();
        let hook = executable_path(executable_for_event(event).unwrap());
        writeln!(self.commands, "{} <{} 2>&1; echo $?", hook.display(), input.display()).unwrap();
        let mut line = String::new();
        self.results.read_line(&mut line).unwrap();
        assert_eq!(line, "0\n", "{event} of {session}");
    }

    /// Kills it as a user does who closes a terminal by force.
    pub fn kill(mut self) {
        writeln!(self.commands, "kill -KILL $$").unwrap();
        self.shell.wait().unwrap();
    }
}
