//! A home directory for one test, and the executables that run in it. All integration tests use this.
//!
//! [`Sandbox`] is the home directory and its signal directory. [`executable_path`] finds the executables. [`ClaudeProcess`] stands
//! for a process of the CLI, and [`StartedHook`] is a hook that waits for its input.

mod claude_process;
mod executables;
mod git_checkout;
mod modification_time;
mod outcome;
mod processes;
mod side_by_side;
mod signal_summary;
mod started_hook;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assert_cmd::Command;
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;

pub use claude_process::ClaudeProcess;
pub use executables::{copy_executable, executable_for_event, executable_path, write_script};
pub use git_checkout::create_checkout;
pub use modification_time::{set_age, set_modified};
pub use outcome::{Outcome, run_until_read, run_with_input};
#[cfg(target_os = "linux")]
pub use processes::pids_with_variable;
pub use processes::{SleepingProcess, is_alive, pids_in_home};
pub use side_by_side::run_side_by_side;
pub use started_hook::StartedHook;

/// A fresh home directory, which is deleted at the end of the test.
pub struct Sandbox {
    home: TempDir,
    /// The `TMPDIR` of all processes. What a killed process leaves there is deleted, too.
    temporary: TempDir,
}

/// Returns the JSON that the CLI gives to a hook, with these members after `session_id` and `hook_event_name`.
pub fn payload(session: &str, event: &str, members: &str) -> String {
    let separator = if members.is_empty() { "" } else { "," };
    format!(r#"{{"session_id":"{session}","hook_event_name":"{event}"{separator}{members}}}"#)
}

impl Sandbox {
    pub fn new() -> Self {
        let create = || TempDir::new().expect("a temporary directory");
        Self { home: create(), temporary: create() }
    }

    /// Returns the home directory.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns the path of the signal directory.
    pub fn signal_dir(&self) -> PathBuf {
        self.home().join(".claude/session-signals")
    }

    /// Returns the path of a signal.
    pub fn signal_path(&self, session: &str, kind: &str) -> PathBuf {
        self.signal_dir().join(format!("{session}.{kind}.json"))
    }

    /// Returns a command that runs in this home directory. Of the environment of the tests it gets `PATH` only. A hook takes this
    /// process for the CLI.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.home()).env("TMPDIR", self.temporary.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Without this variable, hooks would find the CLI in whose terminal the tests may run.
        command.env("CLAUDE_PID", std::process::id().to_string());
        command
    }

    /// Returns a command that a test starts and feeds itself. It has three pipes, and its environment holds nothing but this home
    /// directory.
    pub fn piped_command(&self, program: impl AsRef<OsStr>) -> std::process::Command {
        let mut command = std::process::Command::new(program);
        command.env_clear().env("HOME", self.home());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs an executable with this standard input.
    pub fn run_executable(&self, name: &str, input: impl Into<Vec<u8>>) -> Outcome {
        let input = input.into();
        let run = || run_with_input(&mut self.command(executable_path(name)), input.clone());
        let is_complete = serde_json::from_slice::<&RawValue>(&input).is_ok();
        if is_complete { run_until_read(run) } else { run() }
    }

    /// Runs the hook that handles an event, with the payload of that event.
    pub fn run_hook(&self, session: &str, event: &str, members: &str) -> Outcome {
        let name = executable_for_event(event).expect("an event that a hook handles");
        self.run_executable(name, payload(session, event, members))
    }

    /// Describes the signals of a session, for example `working permission(Bash,Edit@a3a8)`. Empty if it has none.
    pub fn describe_signals(&self, session: &str) -> String {
        self.describe_all_signals().remove(session).unwrap_or_default()
    }

    /// Describes the signals of all sessions. Fails if the signal directory holds anything but complete signals.
    pub fn describe_all_signals(&self) -> BTreeMap<String, String> {
        let mut signals = BTreeMap::<String, Vec<(String, Value)>>::new();
        for name in self.list_signal_dir() {
            let parts: Vec<_> = name.split('.').collect();
            let [session, kind, "json"] = parts[..] else { panic!("{name} is not the name of a signal") };
            let signal = self.read_signal(session, kind);
            signals.entry(session.to_owned()).or_default().push((kind.to_owned(), signal));
        }
        signals.into_iter().map(|(session, signals)| (session, signal_summary::describe_signals(signals))).collect()
    }

    /// Returns the names in the signal directory, sorted. Empty if there is no such directory.
    pub fn list_signal_dir(&self) -> Vec<String> {
        let Ok(entries) = self.signal_dir().read_dir() else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Reads a signal, which must be one line of JSON.
    pub fn read_signal(&self, session: &str, kind: &str) -> Value {
        let text = fs_err::read_to_string(self.signal_path(session, kind)).unwrap();
        assert_eq!(text.find('\n'), Some(text.len() - 1), "one line: {text:?}");
        serde_json::from_str(&text).unwrap()
    }

    /// Starts the hook that handles an event. The hook has read the clock and waits for its input, so its event is older than
    /// everything that happens from now on.
    pub fn start_hook(&self, event: &str) -> StartedHook {
        StartedHook::start(self, event)
    }
}
