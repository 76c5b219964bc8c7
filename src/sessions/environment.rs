//! All that is read from the environment.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

/// A variable that is set, and not to nothing.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`.
///
/// # Errors
/// Where neither is set.
pub fn config_dir() -> io::Result<PathBuf> {
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(".claude"));
    variable("CLAUDE_CONFIG_DIR")
        .map(PathBuf::from)
        .or_else(home)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "neither CLAUDE_CONFIG_DIR nor HOME is set"))
}

/// Whether standard output is a terminal that wants colour.
pub fn wants_colour() -> bool {
    io::stdout().is_terminal()
        && variable("NO_COLOR").is_none()
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// How many columns a line has; `None` where lines have no end.
pub fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| columns.into()).filter(|columns| *columns > 0)
}
