//! Says that a session is over whose CLI was killed and could not say so itself.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use session_signals_protocol::SignalKind;
use session_signals_protocol::file_names::SIGNAL_DIR;

use super::process_handle::ProcessHandle;
use super::spawn::DaemonSession;
use session_signals_reader::SignalDir;

/// The hook waits 200 ms for the spool's lock; the daemons are not to wait much longer for their end.
const PUBLISH_TIMEOUT: Duration = Duration::from_millis(500);

/// Runs `hook-session-end`, which lies beside this executable, as the CLI would have: it takes the spool's lock and
/// clears what the end supersedes. The signal names the guard as `claude_pid`: it is the hook's parent. Nothing is
/// marked where the newest signal is of another process than `claude`, or is an end already: a set that was started by
/// hand may watch any process.
///
/// # Errors
/// Where it is not there, or refuses.
pub fn publish_ended(session: &DaemonSession, claude: Option<ProcessHandle>) -> io::Result<()> {
    let signal_dir = SignalDir::from_path(session.place.path().with_file_name(SIGNAL_DIR));
    let signals = signal_dir.read_session(&session.id);
    let members = signals.newest(SystemTime::now()).map(|newest| &newest.members);
    let of_signal = members.and_then(|of| Some(ProcessHandle { pid: of.claude_pid?, start: of.claude_start }));
    if of_signal != claude || claude.is_none() || signals.get(SignalKind::Ended).is_some() {
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
    let until = Instant::now() + PUBLISH_TIMEOUT;
    while Instant::now() < until {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(format!("hook-session-end: {status}"))),
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
    // It is a child like the others, and ends with them.
    Err(io::ErrorKind::TimedOut.into())
}
