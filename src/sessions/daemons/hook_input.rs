//! What the CLI tells a hook: which session, and what becomes of it.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use serde::Deserialize;
use session_signals_protocol::Hook;
use session_signals_protocol::error::Error;
use session_signals_protocol::payload::PayloadFields;
use session_signals_protocol::payload_reader::read_payload;
use session_signals_protocol::text::Path;

/// The hook's JSON, as far as it matters here.
pub struct HookInput {
    /// The session's id, safe in a file's name.
    pub session: String,
    /// `startup`, `resume`, `clear`, `compact`, …; empty where it is not said.
    pub source: String,
    /// Where the session works.
    pub cwd: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HookMembers {
    source: String,
    cwd: Option<PathBuf>,
}

/// Reads standard input.
///
/// # Errors
/// Where it holds no session, or is a terminal.
pub fn read_hook_input(hook: Hook) -> io::Result<HookInput> {
    if io::stdin().is_terminal() {
        return Err(io::Error::other("a hook's JSON is read on standard input; by hand, give --session ID"));
    }
    let text = read_payload(hook).map_err(io_error)?;
    let session = PayloadFields::parse(text).parse_session_id().map_err(io_error)?;
    let HookMembers { source, cwd } = serde_json::from_slice(text).unwrap_or_default();
    Ok(HookInput { session: String::from_utf8_lossy(session.as_bytes()).into_owned(), source, cwd })
}

fn io_error(error: Error) -> io::Error {
    let line = error.to_line("", &Path::default(), b"");
    let line = String::from_utf8_lossy(line.as_bytes());
    io::Error::other(line.trim_start_matches(": ").trim_end().to_owned())
}
