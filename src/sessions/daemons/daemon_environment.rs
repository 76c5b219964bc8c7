//! The environment of a session's daemons, and how it tells whose they are.

use std::path::Path;

use session_signals_protocol::cli_process::host_id;

use super::process_handle::ProcessHandle;

/// The session's id.
pub const SESSION_VARIABLE: &str = "CLAUDE_SESSION_ID";

/// The directory that the CLI was started in.
pub const PROJECT_VARIABLE: &str = "CLAUDE_PROJECT_DIR";

/// Which guard a process descends from: `<pid>:<start>:<host>:<directory>`.
pub const SUPERVISOR_VARIABLE: &str = "SESSION_SIGNALS_GUARD";

/// What no config may set.
pub const OWN_VARIABLES: [&str; 3] = [SESSION_VARIABLE, PROJECT_VARIABLE, SUPERVISOR_VARIABLE];

/// A hook's own, and nobody else's.
pub const HOOK_VARIABLES: [&str; 1] = ["CLAUDE_ENV_FILE"];

/// The marker of all that this guard starts.
pub fn supervisor_marker(guard: ProcessHandle, directory: &Path) -> String {
    let start = guard.start.unwrap_or_default();
    format!("{}:{start}:{}:{}", guard.pid, host_id_text(), directory.display())
}

/// The guard of the process with this environment, where it is one of `directory` and of this computer.
pub fn supervisor_of(environment: &[u8], directory: &Path) -> Option<ProcessHandle> {
    let prefix = format!("{SUPERVISOR_VARIABLE}=");
    let variable = environment.split(|byte| *byte == 0).find_map(|line| line.strip_prefix(prefix.as_bytes()))?;
    let mut parts = std::str::from_utf8(variable).ok()?.splitn(4, ':');
    let pid = parts.next()?.parse().ok()?;
    let start = parts.next()?.parse().ok()?;
    let is_here = parts.next()? == host_id_text() && Path::new(parts.next()?) == directory;
    is_here.then_some(ProcessHandle { pid, start: Some(start) })
}

/// Where a PID means something.
fn host_id_text() -> String {
    host_id().map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned()).unwrap_or_default()
}
