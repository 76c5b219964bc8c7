//! The environment variables of daemons, and how they tell which supervisor a process descends from.

use std::path::Path;

use session_signals_protocol::cli_process::host_id;

use super::process_handle::ProcessHandle;

/// The session's id.
pub const SESSION_VARIABLE: &str = "CLAUDE_SESSION_ID";

/// The directory in which the CLI was started.
pub const PROJECT_VARIABLE: &str = "CLAUDE_PROJECT_DIR";

/// The supervisor that a process descends from: `<pid>:<start>:<host>:<directory>`. This is a format: the name and the value stay
/// as they are, so that one version finds the orphans of another.
pub const SUPERVISOR_VARIABLE: &str = "SESSION_SIGNALS_GUARD";

/// The variables that a config must not set.
pub const RESERVED_VARIABLES: [&str; 3] = [SESSION_VARIABLE, PROJECT_VARIABLE, SUPERVISOR_VARIABLE];

/// The variables that the CLI sets for its hooks and that daemons do not get.
pub const HOOK_VARIABLES: [&str; 1] = ["CLAUDE_ENV_FILE"];

/// Returns the value of [`SUPERVISOR_VARIABLE`] for everything that this supervisor starts.
pub fn supervisor_marker(supervisor: ProcessHandle, directory: &Path) -> String {
    let start = supervisor.start.unwrap_or_default();
    format!("{}:{start}:{}:{}", supervisor.pid, host_id_text(), directory.display())
}

/// Returns the supervisor that the process with this environment descends from; `None` if there is none, or if the supervisor is
/// one of another host or of another directory.
pub fn find_supervisor(environment: &[u8], directory: &Path) -> Option<ProcessHandle> {
    let prefix = format!("{SUPERVISOR_VARIABLE}=");
    let marker = environment.split(|byte| *byte == 0).find_map(|entry| entry.strip_prefix(prefix.as_bytes()))?;
    let mut parts = std::str::from_utf8(marker).ok()?.splitn(4, ':');
    let pid = parts.next()?.parse().ok()?;
    let start = parts.next()?.parse().ok()?;
    let is_local = parts.next()? == host_id_text() && Path::new(parts.next()?) == directory;
    is_local.then_some(ProcessHandle { pid, start: Some(start) })
}

/// Returns the host as signals name it: a PID means something on this host only.
fn host_id_text() -> String {
    host_id().map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned()).unwrap_or_default()
}
