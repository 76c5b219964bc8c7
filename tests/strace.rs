//! Runs a hook under strace: what it asks of the system, and what it does when the system fails it.

use std::path::Path;
use std::time::Duration;

use crate::sandbox::{Outcome, Sandbox, run_with_input};

/// A hook that has not ended by then never will: its own limits add up to little more than 1 s.
const BOUND: Duration = Duration::from_secs(20);

/// How a run under strace went.
pub struct Run {
    /// `code` is `None` where a signal ended it.
    pub outcome: Outcome,
    pub trace: Trace,
}

/// The lines of strace's log.
pub struct Trace(String);

impl Trace {
    pub fn read(file: &Path) -> Self {
        Self(fs_err::read_to_string(file).unwrap())
    }

    /// The calls that the hook made, in order, as `name(arguments) = result`: without the one that started it.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let calls = self.0.lines().filter_map(|line| line.split_once(char::is_whitespace)).map(|(_pid, call)| call);
        calls.map(str::trim_start).filter(|call| !call.starts_with(['+', '-']) && !call.starts_with("execve("))
    }

    /// Their names.
    pub fn names(&self) -> Vec<&str> {
        self.calls().map(name).collect()
    }

    /// When the hook says that its event was: the clock, read first of all, as a signal spells it.
    pub fn time(&self) -> String {
        let call = self.calls().find(|call| name(call) == "clock_gettime").unwrap();
        let number = |member| {
            let (_, rest) = call.split_once(member).unwrap();
            rest.split([',', '}']).next().unwrap().parse::<u64>().unwrap()
        };
        format!("{}.{:09}", number("tv_sec="), number("tv_nsec="))
    }

    /// The process, once it has been stopped.
    pub fn stopped(&self) -> Option<&str> {
        self.stops().next()
    }

    /// The process, as often as it has been stopped.
    pub fn stops(&self) -> impl Iterator<Item = &str> {
        let lines = self.0.lines().filter(|line| line.contains("--- stopped by SIGSTOP"));
        lines.filter_map(|line| line.split_whitespace().next())
    }

    /// How many milliseconds it wanted to sleep in all.
    pub fn slept(&self) -> u64 {
        let nanoseconds = |call: &str| {
            let (_, rest) = call.split_once("tv_nsec=").unwrap();
            rest.split('}').next().unwrap().parse::<u64>().unwrap()
        };
        self.calls().filter(|call| name(call) == "nanosleep").map(nanoseconds).sum::<u64>() / 1_000_000
    }

    /// Whether the fault that was asked for came to pass.
    pub fn shows_fault(&self) -> bool {
        self.0.contains("(INJECTED") || self.0.contains("killed by SIGKILL")
    }
}

/// The name of a call.
pub fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// Runs `hook` on `input`, with strace's `options` before it.
pub fn run(sandbox: &Sandbox, hook: &Path, input: &str, options: &[&str]) -> Run {
    run_logged(sandbox, &sandbox.home().join("strace"), hook, input, options)
}

/// The same with a log of its own: for several at once.
pub fn run_logged(sandbox: &Sandbox, log: &Path, hook: &Path, input: &str, options: &[&str]) -> Run {
    // strace stands in the CLI's place, and says so as the CLI does.
    let mut command = sandbox.command("sh");
    command
        .args(["-c", "CLAUDE_PID=$$ exec \"$@\"", "sh", "strace", "-f", "-q", "-s", "64", "-o"])
        .arg(log)
        .args(options)
        .arg(hook)
        .timeout(BOUND);
    let outcome = run_with_input(&mut command, input);
    Run { outcome, trace: Trace::read(log) }
}
