//! Lines on standard error, which is the log of the server.

use std::io::{self, Write as _};

/// Writes a line to the log. A log that cannot be written to does not end the server.
pub fn log_line(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// The errors of a task that is tried again and again. An error that is the same as the last one is not logged again.
#[derive(Default)]
pub struct ErrorLog {
    last: String,
}

impl ErrorLog {
    /// Logs an error, unless it is the last one again.
    pub fn log_error(&mut self, error: &str) {
        if self.last != error {
            log_line(&format!("sessions: {error}"));
            error.clone_into(&mut self.last);
        }
    }
}
