//! The environment of a session's daemons, and how it tells whose they are.

use std::path::Path;

use session_signals_protocol::cli_process::host_id;

use super::process::Process;

/// The session's id.
pub const SESSION: &str = "CLAUDE_SESSION_ID";

/// The directory that the CLI was started in.
pub const PROJECT: &str = "CLAUDE_PROJECT_DIR";

/// Which guard a process descends from: `<pid>:<start>:<host>:<directory>`.
pub const GUARD: &str = "SESSION_SIGNALS_GUARD";

/// What no config may set.
pub const OURS: [&str; 3] = [SESSION, PROJECT, GUARD];

/// A hook's own, and nobody else's.
pub const OF_THE_HOOK: [&str; 1] = ["CLAUDE_ENV_FILE"];

/// The marker of all that this guard starts.
pub fn of(guard: Process, directory: &Path) -> String {
    let start = guard.start.unwrap_or_default();
    format!("{}:{start}:{}:{}", guard.pid, here(), directory.display())
}

/// The guard of the process with this environment, where it is one of `directory` and of this computer.
pub fn guard(environment: &[u8], directory: &Path) -> Option<Process> {
    let prefix = format!("{GUARD}=");
    let variable = environment.split(|byte| *byte == 0).find_map(|line| line.strip_prefix(prefix.as_bytes()))?;
    let mut parts = std::str::from_utf8(variable).ok()?.splitn(4, ':');
    let pid = parts.next()?.parse().ok()?;
    let start = parts.next()?.parse().ok()?;
    let is_here = parts.next()? == here() && Path::new(parts.next()?) == directory;
    is_here.then_some(Process { pid, start: Some(start) })
}

/// Where a PID means something.
fn here() -> String {
    host_id().map(|host| String::from_utf8_lossy(host.as_bytes()).into_owned()).unwrap_or_default()
}
