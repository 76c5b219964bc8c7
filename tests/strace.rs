//! Runs a hook under strace, which logs its system calls and can make them fail.

use std::path::Path;
use std::time::Duration;

use crate::sandbox::{Outcome, Sandbox, run_with_input};

/// A hook that runs longer than this never ends: its own time limits add up to little more than 1 s.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The result of a run under strace.
pub struct Run {
    /// Its `code` is `None` if a signal ended the hook.
    pub outcome: Outcome,
    pub trace: Trace,
}

/// The log of strace.
pub struct Trace(String);

impl Trace {
    pub fn read(file: &Path) -> Self {
        Self(fs_err::read_to_string(file).unwrap())
    }

    /// Returns the system calls of the hook in order, as `name(arguments) = result`, without the one that started it.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let calls = self.0.lines().filter_map(|line| line.split_once(char::is_whitespace)).map(|(_pid, call)| call);
        calls.map(str::trim_start).filter(|call| !call.starts_with(['+', '-']) && !call.starts_with("execve("))
    }

    /// Returns the names of the calls.
    pub fn names(&self) -> Vec<&str> {
        self.calls().map(name).collect()
    }

    /// Returns the time of the event as a signal spells it: the result of the first call that reads the clock.
    pub fn time(&self) -> String {
        let call = self.calls().find(|call| name(call) == "clock_gettime").unwrap();
        let number = |member| {
            let (_, rest) = call.split_once(member).unwrap();
            rest.split([',', '}']).next().unwrap().parse::<u64>().unwrap()
        };
        format!("{}.{:09}", number("tv_sec="), number("tv_nsec="))
    }

    /// Returns the PID of the hook if it has been stopped.
    pub fn stopped(&self) -> Option<&str> {
        self.stops().next()
    }

    /// Returns the PID of the hook, once for each time that it has been stopped.
    pub fn stops(&self) -> impl Iterator<Item = &str> {
        let lines = self.0.lines().filter(|line| line.contains("--- stopped by SIGSTOP"));
        lines.filter_map(|line| line.split_whitespace().next())
    }

    /// Returns how many milliseconds the hook asked to sleep in all.
    pub fn slept(&self) -> u64 {
        let nanoseconds = |call: &str| {
            let (_, rest) = call.split_once("tv_nsec=").unwrap();
            rest.split('}').next().unwrap().parse::<u64>().unwrap()
        };
        self.calls().filter(|call| name(call) == "nanosleep").map(nanoseconds).sum::<u64>() / 1_000_000
    }

    /// Returns whether the injected fault has happened.
    pub fn shows_fault(&self) -> bool {
        self.0.contains("(INJECTED") || self.0.contains("killed by SIGKILL")
    }
}

/// Returns the name of a call.
pub fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// Runs a hook with this input and these options of strace.
pub fn run(sandbox: &Sandbox, hook: &Path, input: &str, options: &[&str]) -> Run {
    run_logged(sandbox, &sandbox.home().join("strace"), hook, input, options)
}

/// Runs a hook as [`run`] does, with a log at this path, so that several can run at the same time.
pub fn run_logged(sandbox: &Sandbox, log: &Path, hook: &Path, input: &str, options: &[&str]) -> Run {
    // strace takes the place of the CLI, so CLAUDE_PID names it.
    let mut command = sandbox.command("sh");
    command
        .args(["-c", "CLAUDE_PID=$$ exec \"$@\"", "sh", "strace", "-f", "-q", "-s", "64", "-o"])
        .arg(log)
        .args(options)
        .arg(hook)
        .timeout(TIMEOUT);
    let outcome = run_with_input(&mut command, input);
    Run { outcome, trace: Trace::read(log) }
}
