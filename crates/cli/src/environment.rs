//! What both executables read from the environment.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};

/// Returns the value of an environment variable; `None` if the variable is not set or is empty.
#[must_use]
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns whether standard output is a terminal that takes colour. `NO_COLOR` and `TERM=dumb` turn colour off.
#[must_use]
pub fn wants_colour() -> bool {
    io::stdout().is_terminal()
        && variable("NO_COLOR").is_none()
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
