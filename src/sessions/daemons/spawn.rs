//! Starts a daemon with its session's environment, a process group of its own, its directory, and a pipe for its output.

use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::config::DaemonConfig;
use super::daemon_environment;
use super::paths::DaemonsDir;
use super::process_handle::ProcessHandle;
use crate::find_program::find_program;
use crate::program_command::own_program;

/// What all daemons of a session have in common.
pub struct DaemonSession {
    /// The session's id.
    pub id: String,
    /// The project's directory.
    pub project: PathBuf,
    /// The directory of the PID files and logs.
    pub daemons_dir: DaemonsDir,
    /// The supervisor.
    pub supervisor: ProcessHandle,
}

/// Starts a daemon. Returns its process and the pipe from which its output is read. The daemon gets no descriptor but its standard
/// input, output and error.
///
/// # Errors
/// `NotFound` if the program or the directory does not exist; the system's error if no process can be started.
pub fn spawn_daemon(config: &DaemonConfig, session: &DaemonSession) -> io::Result<(ProcessHandle, PipeReader)> {
    let cwd = session.project.join(&config.cwd);
    if !cwd.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{} is not a directory", cwd.display())));
    }
    let inherited_path = std::env::var_os("PATH").unwrap_or_default();
    let path = config.env.get("PATH").map_or(inherited_path, Into::into);
    let (output, output_writer) = io::pipe()?;
    let mut command = Command::new(own_program());
    command.args(["daemons", "exec", "--supervisor", &session.supervisor.pid.to_string(), "--"]);
    command.arg(find_program(&config.command, &cwd, &path)?).args(&config.args);
    for name in daemon_environment::HOOK_VARIABLES {
        command.env_remove(name);
    }
    let marker = daemon_environment::supervisor_marker(session.supervisor, session.daemons_dir.path());
    command
        .envs(&config.env)
        .env(daemon_environment::SESSION_VARIABLE, &session.id)
        .env(daemon_environment::PROJECT_VARIABLE, &session.project)
        .env(daemon_environment::SUPERVISOR_VARIABLE, marker);
    command.current_dir(&cwd).process_group(0);
    command.stdin(Stdio::null()).stdout(output_writer.try_clone()?).stderr(output_writer);
    let child = command.spawn()?;
    Ok((ProcessHandle::of_pid(child.id()), output))
}
