//! Starts a daemon: with its session's environment, its own process group and directory, and a pipe for what it prints.

use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Pid;

use super::config::DaemonConfig;
use super::paths::DaemonsDir;
use super::process_handle::{ProcessHandle, to_pid};
use super::{daemon_environment, find_program, platform};

/// What all daemons of a session share.
pub struct DaemonSession {
    /// Its id.
    pub id: String,
    /// The directory of the project.
    pub project: PathBuf,
    /// Where PID files and logs lie.
    pub place: DaemonsDir,
    /// The guard.
    pub guard: ProcessHandle,
}

/// Starts it; what it will print comes out of the pipe. It has no other descriptor than its standard ones.
///
/// # Errors
/// Where there is no such program or directory, or the system has no more processes.
pub fn spawn_daemon(config: &DaemonConfig, session: &DaemonSession) -> io::Result<(Pid, PipeReader)> {
    let cwd = session.project.join(&config.cwd);
    if !cwd.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{} is no directory", cwd.display())));
    }
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = config.env.get("PATH").map_or(inherited, Into::into);
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(platform::this_executable());
    command.args(["daemons", "exec", "--guard", &session.guard.pid.to_string(), "--"]);
    command.arg(find_program::find_program(&config.command, &cwd, &path)?).args(&config.args);
    for name in daemon_environment::HOOK_VARIABLES {
        command.env_remove(name);
    }
    command
        .envs(&config.env)
        .env(daemon_environment::SESSION_VARIABLE, &session.id)
        .env(daemon_environment::PROJECT_VARIABLE, &session.project);
    command.env(
        daemon_environment::SUPERVISOR_VARIABLE,
        daemon_environment::supervisor_marker(session.guard, session.place.path()),
    );
    command.current_dir(&cwd).process_group(0);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn()?;
    Ok((to_pid(child.id()).ok_or_else(|| io::Error::other("a PID that is none"))?, reader))
}
