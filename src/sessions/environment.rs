//! Everything that `sessions` reads from its environment: variables and the terminal.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

pub use session_signals_cli::environment::{variable, wants_colour};

use crate::text_table::TableFormat;

/// Returns the configuration directory of Claude Code: `$CLAUDE_CONFIG_DIR`, or else `$HOME/.claude`.
///
/// # Errors
/// `NotFound` if neither variable is set.
pub fn config_dir() -> io::Result<PathBuf> {
    let not_set = || io::Error::new(io::ErrorKind::NotFound, "neither CLAUDE_CONFIG_DIR nor HOME is set");
    session_signals_reader::find_config_dir().ok_or_else(not_set)
}

/// Does the same if the directory exists. A directory that does not exist cannot be watched.
///
/// # Errors
/// `NotFound` if neither variable is set, or if there is no such directory.
pub fn existing_config_dir() -> io::Result<PathBuf> {
    let config_dir = config_dir()?;
    if config_dir.is_dir() {
        return Ok(config_dir);
    }
    let message = format!("{} is no directory: Claude Code makes it when it is first started", config_dir.display());
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// Returns where the programs of the terminals are looked for: the value of `PATH`.
pub fn program_path() -> OsString {
    variable("PATH").unwrap_or_default()
}

/// Returns whether standard output is a terminal.
pub fn is_terminal_output() -> bool {
    io::stdout().is_terminal()
}

/// Returns how a table is drawn on standard output.
pub fn table_format() -> TableFormat {
    TableFormat { columns: terminal_columns(), is_coloured: wants_colour() }
}

/// Returns the width of the terminal in columns. `None` if standard output is no terminal: then lines have no limit.
pub fn terminal_columns() -> Option<usize> {
    if !io::stdout().is_terminal() {
        return None;
    }
    crossterm::terminal::size().ok().map(|(columns, _)| columns.into()).filter(|columns| *columns > 0)
}

/// Returns the user's home directory, if the environment names it.
pub fn home_dir() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from)
}

/// Returns whether the terminal is a pane of tmux.
pub fn is_in_tmux() -> bool {
    variable("TMUX").is_some()
}

/// Returns the program that opens a page in the user's browser; `None` if there is no desktop.
pub fn page_opener() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        return Some("open");
    }
    // Without a desktop, `xdg-open` would look for a browser in this terminal.
    let has_desktop = ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].iter().any(|name| variable(name).is_some());
    has_desktop.then_some("xdg-open")
}

/// The variable that holds credentials for a NATS server. No program gets it, except the daemons of a session, which have the
/// environment of their session: see [`program_command`](crate::program_command::program_command).
pub const NATS_CREDENTIALS: &str = "SESSION_SIGNALS_NATS_CREDENTIALS";

/// Returns the credentials for a NATS server, if the environment holds them: the text of the file that `--credentials` names.
#[cfg(feature = "nats")]
pub fn nats_credentials() -> Option<String> {
    variable(NATS_CREDENTIALS).map(|text| text.to_string_lossy().into_owned())
}
