//! The state file of a set, which is all daemons of one session. The supervisor writes it, and `sessions daemons list` and `stop` read it.
//!
//! The file's members are a format: versions that run side by side read each other's files. The file alone proves nothing, because
//! any program of this user can write it. The only process that is signalled because of it is a supervisor: see [`is_supervisor`].

use std::io;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use session_signals_reader::regular_file;

use super::paths::DaemonsDir;
use super::platform;
use super::process_handle::ProcessHandle;

/// The largest state file that is read, in bytes. No supervisor writes a larger one.
const MAX_LEN: u64 = 1 << 20;

/// The daemons of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetState {
    /// The supervisor.
    #[serde(rename = "guard")]
    pub supervisor: ProcessHandle,
    /// The CLI with which the daemons end; `None` if only `stop` ends them.
    pub claude: Option<ProcessHandle>,
    /// Whether the supervisor is ending the daemons.
    pub ending: bool,
    /// The daemons, in the order of the config.
    pub daemons: Vec<DaemonRow>,
}

/// One daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaemonRow {
    /// The daemon's name.
    pub name: String,
    /// What the daemon does.
    pub status: DaemonStatus,
    /// The daemon's process; `None` unless it runs.
    pub process: Option<ProcessHandle>,
    /// The time of the last change of the status.
    pub since: SystemTime,
    /// How often the daemon was restarted.
    pub restarts: u32,
}

/// What a daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DaemonStatus {
    /// The daemon runs.
    Running,
    /// The daemon has ended and will be restarted.
    Restarting,
    /// The daemon has ended without a failure and will not be restarted.
    Exited,
    /// The daemon has failed and will not be restarted.
    Failed,
    /// The daemon's supervisor was killed.
    Lost,
}

/// Reads the state of a session; `None` if the file is missing or invalid, or if others may write to it.
pub fn read_state(daemons_dir: &DaemonsDir, session: &str) -> Option<SetState> {
    let path = daemons_dir.state_path(session);
    if !daemons_dir.is_ours_alone(&path) {
        return None;
    }
    serde_json::from_slice(&regular_file::read_regular(&path, MAX_LEN).ok()?.bytes).ok()
}

/// Reads the state of a session; also `None` if the supervisor that it names is not alive.
pub fn read_live_state(daemons_dir: &DaemonsDir, session: &str) -> Option<SetState> {
    read_state(daemons_dir, session).filter(|state| is_supervisor(daemons_dir, session, state.supervisor))
}

/// Returns whether a process is the living supervisor of a session: it runs as this user, and its standard input is the session's
/// lock.
///
/// A system other than Linux and macOS does not show the files of a process. There the PID and the start time have to do.
pub fn is_supervisor(daemons_dir: &DaemonsDir, session: &str, process: ProcessHandle) -> bool {
    let lock = daemons_dir.lock_inode(session);
    process.is_alive() && platform::has_our_user(process.pid) && platform::has_stdin(process.pid, lock)
}

/// Returns the error for a lock that stays locked although no supervisor is found that holds it.
pub fn still_locked_error(daemons_dir: &DaemonsDir, session: &str) -> io::Error {
    let (state, lock) = (daemons_dir.state_path(session), daemons_dir.lock_path(session));
    let locked = format!("{} is still locked by another process", lock.display());
    if state.symlink_metadata().is_err() || daemons_dir.is_ours_alone(&state) {
        return io::Error::new(io::ErrorKind::TimedOut, locked);
    }
    let state = state.display();
    let text = format!(
        "{locked}, and {state} is not yours alone, so it is not trusted: check the owner and the mode of the file and of its directory"
    );
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

/// Writes the state of a session.
///
/// # Errors
/// The error of the file system.
pub fn write_state(daemons_dir: &DaemonsDir, session: &str, state: &SetState) -> io::Result<()> {
    daemons_dir.write_file(&daemons_dir.state_path(session), session, &serde_json::to_vec(state)?)
}
