//! `sessions daemons stop`: ends one session's daemons, and no other's.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use session_signals_protocol::Hook;

use super::cli::Stop;
use super::hook;
use super::lock::Lock;
use super::place::Place;
use super::{state, sweep};
use crate::environment;

/// A guard needs 1.2 s at most; one that takes longer than this stands still, and is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whoever else holds a session's lock does not for long.
const LIMIT: Duration = Duration::from_secs(5);

/// Ends the set of the session that a hook's JSON names, or `--session`.
///
/// # Errors
/// Where no session is named, or its guard cannot be ended.
pub fn run(options: &Stop) -> io::Result<()> {
    let session = match &options.session {
        Some(session) => session.clone(),
        None => hook::read(Hook::SessionEnd)?.session,
    };
    let Ok(config) = environment::config()?.canonicalize() else { return Ok(()) };
    end(&Place::of(&config), &session)
}

/// Ends the set of this session, and returns when nothing is left of it.
pub fn end(place: &Place, session: &str) -> io::Result<()> {
    let until = Instant::now() + LIMIT;
    while place.sessions().contains(session) {
        // What it says of a guard counts only while somebody holds the lock.
        if let Some(lock) = Lock::take(&place.lock(session))? {
            sweep::bury(place, vec![(session.to_owned(), lock)]);
        } else if let Some(state) = state::live(place, session) {
            let is_guard = || state::is_guard(place, session, state.guard);
            if state.guard.signal(&is_guard, Signal::TERM)? && !state.guard.wait(PATIENCE) {
                state.guard.signal(&is_guard, Signal::KILL)?;
                state.guard.wait(PATIENCE);
            }
        } else if Instant::now() > until {
            // Held, and no guard says that it holds it.
            return Err(state::stays_locked(place, session));
        } else {
            thread::sleep(Duration::from_millis(2));
        }
    }
    Ok(())
}
