//! Publishes the `ended` signal of a session whose CLI was killed and could not run its own hook.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::json;
use session_signals_cli::wait_until;
use session_signals_protocol::SignalKind;
use session_signals_protocol::file_names::SIGNAL_DIR;
use session_signals_reader::SignalDir;

use super::process_handle::ProcessHandle;
use super::spawn::DaemonSession;

/// How long the hook may take. It waits up to 200 ms for the lock of the signal directory. A longer wait would delay the end of
/// the daemons.
const PUBLISH_TIMEOUT: Duration = Duration::from_millis(500);

/// How often the end of the hook is looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Runs `hook-session-end`, which lies beside this executable, as the CLI would have run it. The signal names the supervisor as
/// `claude_pid`, because the supervisor is the parent of the hook.
///
/// Nothing is published if the newest signal is an end, or if it is of another process than `claude`: daemons that were started by
/// hand may be bound to any process.
///
/// # Errors
/// If the hook is missing, fails, or takes longer than [`PUBLISH_TIMEOUT`].
pub fn publish_ended(session: &DaemonSession, claude: Option<ProcessHandle>) -> io::Result<()> {
    let signal_dir = SignalDir::from_path(session.daemons_dir.path().with_file_name(SIGNAL_DIR));
    let signals = signal_dir.read_session(&session.id);
    let members = signals.newest(SystemTime::now()).map(|newest| &newest.members);
    let signalled =
        members.and_then(|members| Some(ProcessHandle { pid: members.claude_pid?, start: members.claude_start }));
    if signalled != claude || claude.is_none() || signals.get(SignalKind::Ended).is_some() {
        return Ok(());
    }
    let hook = std::env::current_exe()?.with_file_name("hook-session-end");
    let payload = json!({
        "session_id": session.id, "hook_event_name": "SessionEnd", "reason": "killed", "cwd": session.project,
    });
    let mut child = Command::new(hook).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(payload.to_string().as_bytes())?;
    }
    match wait_until(PUBLISH_TIMEOUT, POLL_INTERVAL, || child.try_wait().transpose()).transpose()? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(io::Error::other(format!("hook-session-end: {status}"))),
        // The hook is a child of the supervisor, so it is ended together with the daemons.
        None => Err(io::ErrorKind::TimedOut.into()),
    }
}
