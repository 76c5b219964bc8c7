//! Ends processes that outlived a killed supervisor, and removes the files of its session.
//!
//! The kernel kills the children of a supervisor together with it. What those children had started, and what had called setsid,
//! goes on. `sessions daemons start` and `sessions serve` find such processes by the variable
//! [`SUPERVISOR_VARIABLE`](daemon_environment::SUPERVISOR_VARIABLE) in their environment. A process that has removed the variable
//! (`env -i`) is not found.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal;
use session_signals_cli::wait_until;
use session_signals_protocol::session_id::is_session_id;

use super::daemon_environment;
use super::daemon_log::DaemonLog;
use super::paths::DaemonsDir;
use super::platform;
use super::session_lock::SessionLock;
use super::set_state::{self, DaemonStatus};

/// For how long orphans are looked for and killed. Orphans that fork faster than this stay.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause between two searches for orphans.
const SEARCH_INTERVAL: Duration = Duration::from_millis(1);

/// Ends orphans as [`reap_orphans`] does, for this configuration directory. One that does not exist has no orphans.
///
/// # Errors
/// If the configuration directory exists and cannot be reached.
pub fn reap_orphans_of(config_dir: &Path) -> io::Result<usize> {
    match DaemonsDir::of_config_dir(config_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        daemons_dir => Ok(reap_orphans(&daemons_dir?)),
    }
}

/// Ends what is left of every set whose supervisor is dead, and removes the files of those sets. Returns how many processes were
/// killed. If all supervisors live, this reads one directory.
///
/// A lock that cannot be opened does not keep the other sessions from being handled.
pub fn reap_orphans(daemons_dir: &DaemonsDir) -> usize {
    let mut dead_sets = Vec::new();
    for session in daemons_dir.session_ids() {
        if let Ok(Some(lock)) = SessionLock::try_take(&daemons_dir.lock_path(&session)) {
            dead_sets.push((session, lock));
        }
    }
    end_dead_sets(daemons_dir, dead_sets)
}

/// Ends what is left of sets whose supervisors are dead, and removes their files. Each set is a session with its lock. Returns
/// how many processes were killed.
pub fn end_dead_sets(daemons_dir: &DaemonsDir, dead_sets: Vec<(String, SessionLock)>) -> usize {
    let killed = if dead_sets.is_empty() { 0 } else { kill_orphans(daemons_dir.path()) };
    for (session, lock) in dead_sets {
        for row in set_state::read_state(daemons_dir, &session).map(|state| state.daemons).unwrap_or_default() {
            if row.status != DaemonStatus::Failed && is_session_id(row.name.as_bytes()) {
                DaemonLog::open_at(daemons_dir.log_path(&row.name, &session)).remove();
            }
        }
        daemons_dir.remove_session_files(&session);
        lock.release();
    }
    killed
}

/// Kills orphans until there are none. Returns how many were killed.
fn kill_orphans(directory: &Path) -> usize {
    let mut killed = HashSet::<u32>::new();
    wait_until(KILL_TIMEOUT, SEARCH_INTERVAL, || {
        let orphans: Vec<u32> = platform::process_ids().into_iter().filter(|pid| is_orphan(*pid, directory)).collect();
        for pid in &orphans {
            let _ = platform::send_signal_if(*pid, &|| is_orphan(*pid, directory), Signal::KILL);
        }
        killed.extend(&orphans);
        orphans.is_empty().then_some(())
    });
    killed.len()
}

/// Returns whether a process descends from a dead supervisor of this directory. `false` for a process of another user, whose
/// environment cannot be read.
fn is_orphan(pid: u32, directory: &Path) -> bool {
    let environment = platform::read_environment(pid);
    daemon_environment::find_supervisor(&environment, directory).is_some_and(|supervisor| !supervisor.is_alive())
}
