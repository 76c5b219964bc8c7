//! All that is read from the environment.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

/// A variable that is set, and not to nothing.
pub fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`.
///
/// # Errors
/// Where neither is set.
pub fn config() -> io::Result<PathBuf> {
    let home = || set("HOME").map(|home| PathBuf::from(home).join(".claude"));
    set("CLAUDE_CONFIG_DIR")
        .map(PathBuf::from)
        .or_else(home)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "neither CLAUDE_CONFIG_DIR nor HOME is set"))
}

/// Whether standard output is a terminal that wants colour.
pub fn colour() -> bool {
    io::stdout().is_terminal() && set("NO_COLOR").is_none() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// How many columns a line has; `None` where lines have no end.
pub fn columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| columns.into()).filter(|columns| *columns > 0)
}
