//! What outlived a guard that was killed: found by the marker in its environment, and ended.
//!
//! The kernel ends a guard's own children with it. What they had started themselves, or what called setsid, is
//! found here, at the next `sessions daemons start` and by `sessions serve`. A process that has put away its
//! environment (`env -i`) and outlived its guard is not found.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::lock::Lock;
use super::log::Log;
use super::marker;
use super::place::Place;
use super::platform;
use super::process::Process;
use super::state::{self, Status};
use session_signals_reader::signal::is_session_id;

/// Whoever forks faster than this is not chased any longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends what is left of all sets whose guards are dead, and removes their files; how many processes that were.
/// With no such set it reads one directory. A lock that is none of ours keeps nobody else's from being looked at.
///
/// # Errors
/// Where the configuration directory cannot be looked at.
pub fn sweep(config: &Path) -> io::Result<usize> {
    let config = match config.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        config => config?,
    };
    let place = Place::of(&config);
    let mut dead = Vec::new();
    for session in place.sessions() {
        if let Ok(Some(lock)) = Lock::take(&place.lock(&session)) {
            dead.push((session, lock));
        }
    }
    Ok(bury(&place, dead))
}

/// Ends what is left of dead sets, whose locks these are, and removes their files.
pub fn bury(place: &Place, dead: Vec<(String, Lock)>) -> usize {
    let ended = if dead.is_empty() { 0 } else { end_escaped(place.path()) };
    for (session, lock) in dead {
        for row in state::read(place, &session).map(|state| state.daemons).unwrap_or_default() {
            if row.status != Status::Failed && is_session_id(&row.name) {
                Log::at(place.log(&row.name, &session)).remove();
            }
        }
        place.clear(&session);
        lock.release();
    }
    ended
}

fn end_escaped(directory: &Path) -> usize {
    let until = Instant::now() + PATIENCE;
    let mut met = HashSet::new();
    loop {
        let found: Vec<u32> = platform::processes().into_iter().filter(|pid| has_escaped(*pid, directory)).collect();
        for pid in &found {
            let process = Process::of(*pid);
            // Asked again once it is held fast: the PID may have changed hands.
            let _ = platform::signal(process, &|| has_escaped(*pid, directory), Signal::KILL);
        }
        if found.is_empty() || Instant::now() > until {
            return met.len();
        }
        met.extend(found);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a process descends from a guard of this directory that is dead. Nobody else's environment can be read.
fn has_escaped(pid: u32, directory: &Path) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    marker::guard(&environment, directory).is_some_and(|guard| !guard.lives())
}
