//! What a guard says of its daemons, for `sessions daemons list`. Nobody is ever signalled by it but the guard.

use std::io;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::paths::DaemonsDir;
use super::platform;
use super::process_handle::ProcessHandle;
use session_signals_reader::regular_file;

/// A larger file is no guard's, in bytes.
const MAX_LEN: u64 = 1 << 20;

/// One session's set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetState {
    /// The guard itself.
    pub guard: ProcessHandle,
    /// The CLI whose end it waits for, where it is known.
    pub claude: Option<ProcessHandle>,
    /// Whether it is ending them.
    pub ending: bool,
    /// The daemons, in the config's order.
    pub daemons: Vec<DaemonRow>,
}

/// One daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonRow {
    /// Its name.
    pub name: String,
    /// What it does.
    pub status: DaemonStatus,
    /// Its process, while it runs.
    pub process: Option<ProcessHandle>,
    /// Since when it does that.
    pub since: SystemTime,
    /// How often it was started again.
    pub restarts: u32,
}

/// What a daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonStatus {
    /// It runs.
    Running,
    /// It ended, and will be started again.
    Restarting,
    /// It ended, and that was all.
    Exited,
    /// It ended badly, and will not be started again.
    Failed,
    /// Its guard was killed.
    Lost,
}

/// What the guard of a session says; `None` where nothing sensible stands there, or where others could have written it.
pub fn read_state(place: &DaemonsDir, session: &str) -> Option<SetState> {
    let path = place.state_path(session);
    if !place.is_ours_alone(&path) {
        return None;
    }
    serde_json::from_slice(&regular_file::read_regular(&path, MAX_LEN).ok()?.bytes).ok()
}

/// The same, where that guard lives, and is one: the file alone proves nothing.
pub fn read_live_state(place: &DaemonsDir, session: &str) -> Option<SetState> {
    read_state(place, session).filter(|state| is_supervisor(place, session, state.guard))
}

/// Whether a process lives, is ours, and guards this session: its standard input is the session's lock.
///
/// Where the system does not show a process's files (not Linux), its PID and its start have to do.
pub fn is_supervisor(place: &DaemonsDir, session: &str, process: ProcessHandle) -> bool {
    process.is_alive() && platform::has_our_user(process) && platform::has_stdin(process, place.lock_inode(session))
}

/// Why the lock of a session stays locked though no guard is to be seen that holds it.
pub fn still_locked_error(place: &DaemonsDir, session: &str) -> io::Error {
    let (state, lock) = (place.state_path(session), place.lock_path(session));
    if state.symlink_metadata().is_ok() && !place.is_ours_alone(&state) {
        let told = format!(
            "{} is not yours alone (see to its owner and its mode, and its directory's), so nothing is ended by what it says; {} stays locked",
            state.display(),
            lock.display()
        );
        return io::Error::new(io::ErrorKind::PermissionDenied, told);
    }
    io::Error::new(io::ErrorKind::TimedOut, format!("{} stays locked", lock.display()))
}

/// Says it.
///
/// # Errors
/// Any of the file system's.
pub fn write_state(place: &DaemonsDir, session: &str, state: &SetState) -> io::Result<()> {
    place.write_file(&place.state_path(session), session, &serde_json::to_vec(state)?)
}
