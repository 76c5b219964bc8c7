//! The JSON that the CLI gives to a `SessionStart` or `SessionEnd` hook.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use serde::Deserialize;
use session_signals_protocol::Hook;
use session_signals_protocol::error::Error;
use session_signals_protocol::payload::PayloadFields;
use session_signals_protocol::payload_reader::read_payload;
use session_signals_protocol::text::Path;

/// The members that `sessions daemons` uses.
pub struct HookInput {
    /// The session's id. It is safe in a file name.
    pub session: String,
    /// `startup`, `resume`, `clear`, `compact` or another word; empty if it is missing.
    pub source: String,
    /// The directory in which the session works.
    pub cwd: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OptionalMembers {
    source: String,
    cwd: Option<PathBuf>,
}

/// Reads the JSON from standard input.
///
/// # Errors
/// If standard input is a terminal, or if it does not hold a JSON object with a valid `session_id`.
pub fn read_hook_input(hook: Hook) -> io::Result<HookInput> {
    if io::stdin().is_terminal() {
        return Err(io::Error::other("the JSON of a hook is read from standard input; by hand, use --session ID"));
    }
    let text = read_payload(hook).map_err(io_error)?;
    let session = PayloadFields::parse(text).parse_session_id().map_err(io_error)?;
    let OptionalMembers { source, cwd } = serde_json::from_slice(text).unwrap_or_default();
    Ok(HookInput { session: String::from_utf8_lossy(session.as_bytes()).into_owned(), source, cwd })
}

fn io_error(error: Error) -> io::Error {
    let line = error.to_line("", &Path::default(), b"");
    let line = String::from_utf8_lossy(line.as_bytes());
    io::Error::other(line.trim_start_matches(": ").trim_end().to_owned())
}
