//! Says that a session is over whose CLI was killed and could not say so itself.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

/// Runs `hook-session-end`, which lies beside this executable, as the CLI would have. It takes the spool's lock and
/// clears what the end supersedes. The signal names the guard as `claude_pid`: it is the hook's parent.
///
/// # Errors
/// Where it is not there, or refuses.
pub fn mark(session: &str, project: &Path) -> io::Result<()> {
    let hook = std::env::current_exe()?.with_file_name("hook-session-end");
    let payload =
        json!({"session_id": session, "hook_event_name": "SessionEnd", "reason": "killed", "cwd": project}).to_string();
    let mut child = Command::new(hook).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(payload.as_bytes())?;
    }
    if child.wait()?.success() { Ok(()) } else { Err(io::Error::other("hook-session-end failed")) }
}
