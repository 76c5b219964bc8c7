//! What `hooks` and `sessions` read from the environment.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use session_signals_protocol::config_dir;

/// Returns the value of an environment variable; `None` if the variable is not set or is empty.
#[must_use]
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Returns the configuration directory of Claude Code: `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`; `None` if neither variable
/// is set. The hooks use the same function: [`config_dir::find`].
#[must_use]
pub fn config_dir() -> Option<PathBuf> {
    config_dir_of(variable("CLAUDE_CONFIG_DIR").as_deref(), variable("HOME").as_deref())
}

/// Returns the configuration directory for these values of the two variables.
#[must_use]
pub fn config_dir_of(claude_config_dir: Option<&OsStr>, home: Option<&OsStr>) -> Option<PathBuf> {
    let path = config_dir::find(claude_config_dir.map(OsStr::as_bytes), home.map(OsStr::as_bytes))?;
    Some(PathBuf::from(OsStr::from_bytes(&path.concat())))
}

/// Returns whether standard output is a terminal that takes colour. `NO_COLOR` and `TERM=dumb` turn colour off.
#[must_use]
pub fn wants_colour() -> bool {
    io::stdout().is_terminal()
        && variable("NO_COLOR").is_none()
        && env::var_os("TERM").is_none_or(|term| term != "dumb")
}
