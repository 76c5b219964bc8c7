//! `sessions daemons stop`: ends one session's daemons, and no other's.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use session_signals_protocol::Hook;

use super::command::StopOptions;
use super::hook_input;
use super::paths::DaemonsDir;
use super::session_lock::SessionLock;
use super::{reap_orphans, set_state};
use crate::environment;

/// A guard needs 1.2 s at most; one that takes longer than this stands still, and is killed.
const SOFT_TIMEOUT: Duration = Duration::from_secs(2);

/// Whoever else holds a session's lock does not for long.
const HARD_TIMEOUT: Duration = Duration::from_secs(5);

/// Ends the set of the session that a hook's JSON names, or `--session`.
///
/// # Errors
/// Where no session is named, or its guard cannot be ended.
pub fn stop_daemons(options: &StopOptions) -> io::Result<()> {
    let session = match &options.session {
        Some(session) => session.clone(),
        None => hook_input::read_hook_input(Hook::SessionEnd)?.session,
    };
    let Ok(config) = environment::config_dir()?.canonicalize() else { return Ok(()) };
    end_set(&DaemonsDir::of_config_dir(&config), &session)
}

/// Ends the set of this session, and returns when nothing is left of it.
pub fn end_set(place: &DaemonsDir, session: &str) -> io::Result<()> {
    let until = Instant::now() + HARD_TIMEOUT;
    while place.session_ids().contains(session) {
        // What it says of a guard counts only while somebody holds the lock.
        if let Some(lock) = SessionLock::try_take(&place.lock_path(session))? {
            reap_orphans::end_dead_sets(place, vec![(session.to_owned(), lock)]);
        } else if let Some(state) = set_state::read_live_state(place, session) {
            let is_guard = || set_state::is_supervisor(place, session, state.guard);
            if state.guard.send_signal(&is_guard, Signal::TERM)? && !state.guard.wait_for_end(SOFT_TIMEOUT) {
                state.guard.send_signal(&is_guard, Signal::KILL)?;
                state.guard.wait_for_end(SOFT_TIMEOUT);
            }
        } else if Instant::now() > until {
            // Held, and no guard says that it holds it.
            return Err(set_state::still_locked_error(place, session));
        } else {
            thread::sleep(Duration::from_millis(2));
        }
    }
    Ok(())
}
