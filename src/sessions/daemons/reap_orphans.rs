//! Ends processes that outlived a killed supervisor, and removes the files of its session.
//!
//! The kernel kills the children of a supervisor together with it. What those children had started, and what had called setsid,
//! goes on. `sessions daemons start` and `sessions serve` find such processes by the variable
//! [`SUPERVISOR_VARIABLE`](daemon_environment::SUPERVISOR_VARIABLE) in their environment. A process that has removed the variable
//! (`env -i`) is not found.

use std::collections::HashSet;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use session_signals_cli::wait_until;
use session_signals_protocol::cli_process::read_stat;
use session_signals_protocol::session_id::is_session_id;

use super::daemon_environment;
use super::daemon_log::DaemonLog;
use super::paths::DaemonsDir;
use super::platform;
use super::session_lock::SessionLock;
use super::set_state::{self, DaemonStatus};

/// For how long orphans are looked for and killed. Orphans that fork faster than this stay.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// For how long a process is waited for whose environment looks empty, and for how long processes that end are looked after. While a
/// process becomes another program, its environment looks empty. A process that was started without a variable keeps looking so, and
/// is let alone. On a busy machine some process ends all the time.
const EXEC_TIMEOUT: Duration = Duration::from_millis(500);

/// How long a dying supervisor may take until its process is gone. It gives up its lock a moment before that. A state file that names
/// another process costs only this time: nothing is done to that process.
const SUPERVISOR_TIMEOUT: Duration = Duration::from_secs(1);

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
    if dead_sets.is_empty() {
        return 0;
    }
    let read_state = |(session, lock): (String, _)| (set_state::read_state(daemons_dir, &session), session, lock);
    let dead_sets: Vec<_> = dead_sets.into_iter().map(read_state).collect();
    for state in dead_sets.iter().filter_map(|(state, ..)| state.as_ref()) {
        state.supervisor.wait_for_end(SUPERVISOR_TIMEOUT);
    }
    let killed = kill_orphans(daemons_dir.path());
    for (state, session, lock) in dead_sets {
        for row in state.map(|state| state.daemons).unwrap_or_default() {
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
    let mut ended = HashSet::<u32>::new();
    let mut last_orphan = Instant::now();
    wait_until(KILL_TIMEOUT, SEARCH_INTERVAL, || {
        let mut is_any_unknown = false;
        for pid in platform::process_ids() {
            match find_descent(pid, directory) {
                Descent::Orphan => {
                    let is_orphan = || find_descent(pid, directory) == Descent::Orphan;
                    let _ = platform::send_signal_if(pid, &is_orphan, Signal::KILL);
                    killed.insert(pid);
                    last_orphan = Instant::now();
                    is_any_unknown = true; // it may have started others
                }
                Descent::Unknown => is_any_unknown = true,
                // It may have started another one that is not in this list of processes. One that nobody waits for counts once.
                Descent::Ended => is_any_unknown |= ended.insert(pid),
                Descent::Other => {}
            }
        }
        (!is_any_unknown || last_orphan.elapsed() >= EXEC_TIMEOUT).then_some(())
    });
    killed.len()
}

/// Where a process comes from.
#[derive(PartialEq, Eq)]
enum Descent {
    /// It descends from a dead supervisor of this directory.
    Orphan,
    /// Nobody can tell at this moment.
    Unknown,
    /// It has ended.
    Ended,
    /// It does not descend from one, or is a process of another user, whose environment cannot be read.
    Other,
}

fn find_descent(pid: u32, directory: &Path) -> Descent {
    let environment = platform::read_environment(pid);
    match daemon_environment::find_supervisor(&environment, directory) {
        Some(supervisor) if !supervisor.is_alive() => Descent::Orphan,
        None if environment.is_empty() && platform::is_program_of_our_user(pid) => Descent::Unknown,
        None if environment.is_empty() && read_stat(pid).is_none_or(|stat| stat.is_zombie) => Descent::Ended,
        _ => Descent::Other,
    }
}
