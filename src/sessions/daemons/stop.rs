//! `sessions daemons stop`: ends the daemons of one session and of no other.

use std::io;
use std::time::Duration;

use rustix::process::Signal;
use session_signals_cli::wait_until;
use session_signals_protocol::Hook;

use super::command::StopOptions;
use super::hook_input;
use super::paths::DaemonsDir;
use super::session_lock::{LOCK_POLL_INTERVAL, SessionLock};
use super::{reap_orphans, set_state};
use crate::environment;

/// How long a supervisor may take to end its daemons. It needs 1.2 s at most. One that takes longer does not run (it may have been
/// stopped by a signal) and is killed.
const SUPERVISOR_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a process that is no supervisor may hold the session's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// Ends the daemons of the session that `--session` or the hook's JSON names.
///
/// # Errors
/// If no session is named, if its supervisor cannot be signalled, or if its lock stays locked.
pub fn stop_daemons(options: &StopOptions) -> io::Result<()> {
    let session = match &options.session {
        Some(session) => session.clone(),
        None => hook_input::read_hook_input(Hook::SessionEnd)?.session,
    };
    let Ok(daemons_dir) = DaemonsDir::of_config_dir(&environment::config_dir()?) else { return Ok(()) };
    end_set(&daemons_dir, &session)
}

/// Ends the daemons of a session. Returns when no process and no file of them is left, except logs.
///
/// # Errors
/// If the supervisor cannot be signalled, or if the lock stays locked.
pub fn end_set(daemons_dir: &DaemonsDir, session: &str) -> io::Result<()> {
    let ended = wait_until(LOCK_TIMEOUT, LOCK_POLL_INTERVAL, || try_end_set(daemons_dir, session).transpose());
    ended.unwrap_or_else(|| Err(set_state::still_locked_error(daemons_dir, session)))
}

/// Does the same; `None` if the lock is held by a process that is no supervisor of the session.
fn try_end_set(daemons_dir: &DaemonsDir, session: &str) -> io::Result<Option<()>> {
    while daemons_dir.session_ids().contains(session) {
        // A supervisor named in the state file counts only while some process holds the lock.
        if let Some(lock) = SessionLock::try_take(&daemons_dir.lock_path(session))? {
            reap_orphans::end_dead_sets(daemons_dir, vec![(session.to_owned(), lock)]);
        } else if let Some(state) = set_state::read_live_state(daemons_dir, session) {
            let supervisor = state.supervisor;
            let is_supervisor = || set_state::is_supervisor(daemons_dir, session, supervisor);
            if supervisor.send_signal(&is_supervisor, Signal::TERM)? && !supervisor.wait_for_end(SUPERVISOR_TIMEOUT) {
                supervisor.send_signal(&is_supervisor, Signal::KILL)?;
                supervisor.wait_for_end(SUPERVISOR_TIMEOUT);
            }
        } else {
            return Ok(None);
        }
    }
    Ok(Some(()))
}
