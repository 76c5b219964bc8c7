//! The result of a process.

use std::process::Output;

use assert_cmd::Command;

/// The exit code and the output of a process.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `None` if a signal ended the process.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    /// Asserts exit code 0 and no output.
    #[track_caller]
    pub fn assert_success(&self) {
        assert_eq!((self.code, &*self.stdout, &*self.stderr), (Some(0), "", ""));
    }

    /// Asserts exit code 1, an empty standard output, and one line on standard error that contains `message`.
    #[track_caller]
    pub fn assert_failure(&self, message: &str) {
        assert_eq!((self.code, &*self.stdout), (Some(1), ""), "{}", self.stderr);
        assert_eq!(self.stderr.matches('\n').count(), 1, "{}", self.stderr);
        assert!(self.stderr.contains(message), "{:?} should contain {message:?}", self.stderr);
    }
}

/// Runs a command with this standard input.
pub fn run_with_input(command: &mut Command, input: impl Into<Vec<u8>>) -> Outcome {
    command.write_stdin(input).output().unwrap().into()
}

/// How often a hook that got its input too late is run before the test fails.
const MAX_RUNS: usize = 31;

/// Runs a hook, and runs it again if its input came too late. A hook waits one second for its input, and a busy machine may need longer
/// to write it. Such a hook has changed nothing.
pub fn run_until_read(run: impl Fn() -> Outcome) -> Outcome {
    let is_late = |outcome: &Outcome| outcome.stderr.ends_with(": no complete JSON object within 1 s\n");
    let mut outcome = run();
    for _ in 1..MAX_RUNS {
        if !is_late(&outcome) {
            break;
        }
        outcome = run();
    }
    outcome
}
