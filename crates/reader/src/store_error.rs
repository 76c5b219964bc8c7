//! Errors of the hooks' own code, as errors of the standard library.

use std::io;
use std::os::unix::ffi::OsStrExt as _;

use session_signals_protocol::error::Error;
use session_signals_protocol::text::Path;

use crate::signal_dir::SignalDir;

/// Returns the path of the directory, as the hooks' code takes it.
pub fn store_path(signal_dir: &SignalDir) -> Path {
    Path::concat(&[signal_dir.path().as_os_str().as_bytes()])
}

/// Returns an error with the words that a hook would print. `program` stands before them, unless it is empty.
pub fn store_error(program: &str, signal_dir: &SignalDir, session: &str, error: Error) -> io::Error {
    let line = error.to_line(program, &store_path(signal_dir), session.as_bytes());
    let line = String::from_utf8_lossy(line.as_bytes()).into_owned();
    io::Error::other(line.trim_start_matches(": ").trim().to_owned())
}
