//! The exit codes of `hooks` and `sessions`.

use std::process::ExitCode;

/// How a run of `hooks` or `sessions` ended. The number of a variant is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything that was requested is done, or there was nothing to do. For `hooks doctor`: nothing is wrong.
    Success = 0,
    /// Nothing was done, and standard error has the reason. For `hooks doctor`: something is wrong.
    Failure = 1,
    /// The command line was wrong. The library that reads the command line, clap, ends the program with the same code.
    Usage = 2,
    /// `hooks`: the settings were changed, but another part of the work failed. `sessions wait`: the time was over.
    Incomplete = 3,
}

/// All exit codes, in ascending order.
pub const EXIT_STATUSES: [ExitStatus; 4] =
    [ExitStatus::Success, ExitStatus::Failure, ExitStatus::Usage, ExitStatus::Incomplete];

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}
