//! How a run of `sessions` ends.

use std::io::{self, ErrorKind, Write as _};

use session_signals_cli::ExitStatus;

/// Prints the error of a run on standard error, and returns the exit status.
pub fn report_result(result: io::Result<ExitStatus>) -> ExitStatus {
    match result {
        Ok(status) => status,
        // The program that reads our output has closed the pipe, as `sessions | head` does. That is no failure.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitStatus::Success,
        Err(error) => {
            // If standard error cannot be written to, the exit status is all that is left.
            let _ = writeln!(io::stderr(), "sessions: {error}");
            ExitStatus::Failure
        }
    }
}
