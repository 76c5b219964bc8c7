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

use super::daemon_environment;
use super::daemon_log::DaemonLog;
use super::paths::DaemonsDir;
use super::platform;
use super::process_handle::ProcessHandle;
use super::session_lock::SessionLock;
use super::set_state::{self, DaemonStatus};
use session_signals_protocol::session_id::is_session_id;

/// Whoever forks faster than this is not chased any longer.
const END_TIMEOUT: Duration = Duration::from_secs(2);

/// Ends what is left of all sets whose guards are dead, and removes their files; how many processes that were.
/// With no such set it reads one directory. A lock that is none of ours keeps nobody else's from being looked at.
///
/// # Errors
/// Where the configuration directory cannot be looked at.
pub fn reap_orphans(config: &Path) -> io::Result<usize> {
    let config = match config.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        config => config?,
    };
    let place = DaemonsDir::of_config_dir(&config);
    let mut dead = Vec::new();
    for session in place.session_ids() {
        if let Ok(Some(lock)) = SessionLock::try_take(&place.lock_path(&session)) {
            dead.push((session, lock));
        }
    }
    Ok(end_dead_sets(&place, dead))
}

/// Ends what is left of dead sets, whose locks these are, and removes their files.
pub fn end_dead_sets(place: &DaemonsDir, dead: Vec<(String, SessionLock)>) -> usize {
    let ended = if dead.is_empty() { 0 } else { end_orphans(place.path()) };
    for (session, lock) in dead {
        for row in set_state::read_state(place, &session).map(|state| state.daemons).unwrap_or_default() {
            if row.status != DaemonStatus::Failed && is_session_id(row.name.as_bytes()) {
                DaemonLog::open_at(place.log_path(&row.name, &session)).remove();
            }
        }
        place.remove_session_files(&session);
        lock.release();
    }
    ended
}

fn end_orphans(directory: &Path) -> usize {
    let until = Instant::now() + END_TIMEOUT;
    let mut met = HashSet::new();
    loop {
        let found: Vec<u32> = platform::process_ids().into_iter().filter(|pid| is_orphan(*pid, directory)).collect();
        for pid in &found {
            let process = ProcessHandle::of_pid(*pid);
            // Asked again once it is held fast: the PID may have changed hands.
            let _ = platform::signal_process(process, &|| is_orphan(*pid, directory), Signal::KILL);
        }
        if found.is_empty() || Instant::now() > until {
            return met.len();
        }
        met.extend(found);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether a process descends from a guard of this directory that is dead. Nobody else's environment can be read.
fn is_orphan(pid: u32, directory: &Path) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    daemon_environment::supervisor_of(&environment, directory).is_some_and(|guard| !guard.is_alive())
}
