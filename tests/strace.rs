//! Runs a hook under strace: what it asks of the system, and what it does when the system fails it.

use std::path::Path;
use std::time::Duration;

use crate::sandbox::{Outcome, Sandbox, outcome};

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

    /// Whether the fault that was asked for came to pass.
    pub fn shows_fault(&self) -> bool {
        self.0.contains("(INJECTED") || self.0.contains("killed by SIGKILL") || self.0.contains("(DELAYED")
    }
}

/// The name of a call.
pub fn name(call: &str) -> &str {
    call.split('(').next().unwrap_or_default()
}

/// Runs `hook` on `input`, with strace's `options` before it.
pub fn run(sandbox: &Sandbox, hook: &Path, input: &str, options: &[&str]) -> Run {
    let log = sandbox.home().join("strace");
    let mut command = sandbox.command("strace");
    command.args(["-f", "-q", "-s", "64", "-o"]).arg(&log).args(options).arg(hook).timeout(BOUND);
    let outcome = outcome(&mut command, input);
    Run { outcome, trace: Trace::read(&log) }
}
