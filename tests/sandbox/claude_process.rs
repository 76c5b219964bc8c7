//! A process that stands for the CLI.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use super::{Outcome, Sandbox, executable_for_event, executable_path, payload};

/// A process called `claude` that runs hooks as its children, as the CLI does. It is killed when this value is dropped.
pub struct ClaudeProcess {
    shell: Child,
    commands: ChildStdin,
    exit_codes: BufReader<ChildStdout>,
    /// Holds the input and the output of the hooks.
    directory: TempDir,
}

impl ClaudeProcess {
    /// Starts a shell under the name `claude`. Under its own name a hook would take the shell for a wrapper between the CLI and
    /// the hook.
    pub fn start(sandbox: &Sandbox) -> Self {
        let directory = TempDir::new().unwrap();
        let claude = directory.path().join("claude");
        symlink("/bin/sh", &claude).unwrap();
        let mut shell = Command::new(claude)
            .env_clear()
            .env("HOME", sandbox.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = shell.stdin.take().unwrap();
        let exit_codes = BufReader::new(shell.stdout.take().unwrap());
        Self { shell, commands, exit_codes, directory }
    }

    pub fn pid(&self) -> u32 {
        self.shell.id()
    }

    /// Runs an executable of this package as a child of this process. Arguments may follow its name.
    pub fn run_executable(&mut self, name: &str, input: &str) -> Outcome {
        self.run_shell_command(&executable_path(name).display().to_string(), input)
    }

    /// Runs a command line in the shell.
    pub fn run_shell_command(&mut self, command: &str, input: &str) -> Outcome {
        let file = |name: &str| self.directory.path().join(name);
        fs_err::write(file("in"), input).unwrap();
        let directory = self.directory.path().display();
        writeln!(self.commands, "{command} <{directory}/in >{directory}/out 2>{directory}/err; echo $?").unwrap();
        let mut code = String::new();
        self.exit_codes.read_line(&mut code).unwrap();
        let read = |name| fs_err::read_to_string(file(name)).unwrap();
        Outcome { code: code.trim().parse().ok(), stdout: read("out"), stderr: read("err") }
    }

    /// Runs the hook that handles an event, with the payload of that event.
    pub fn run_hook(&mut self, session: &str, event: &str, members: &str) -> Outcome {
        let name = executable_for_event(event).expect("an event that a hook handles");
        self.run_executable(name, &payload(session, event, members))
    }
}

impl Drop for ClaudeProcess {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}
