//! Where the configuration directory of Claude Code is.

use std::env;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use session_signals_protocol::config_dir;

/// Returns the configuration directory of Claude Code: `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`. An empty variable counts
/// as not set. `None` if neither variable is set.
#[must_use]
pub fn find_config_dir() -> Option<PathBuf> {
    config_dir_of(env::var_os("CLAUDE_CONFIG_DIR").as_deref(), env::var_os("HOME").as_deref())
}

/// Returns the same for these values of the two variables.
#[must_use]
pub fn config_dir_of(claude_config_dir: Option<&OsStr>, home: Option<&OsStr>) -> Option<PathBuf> {
    let parts = config_dir::find(claude_config_dir.map(OsStr::as_bytes), home.map(OsStr::as_bytes))?;
    Some(PathBuf::from(OsStr::from_bytes(&parts.concat())))
}
