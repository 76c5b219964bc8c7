//! Starts a daemon: with its session's environment, its own process group and directory, and a pipe for what it prints.

use std::io::{self, PipeReader};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Pid;

use super::config::Daemon;
use super::place::Place;
use super::process::{Process, pid};
use super::{marker, platform, program};

/// What all daemons of a session share.
pub struct Session {
    /// Its id.
    pub id: String,
    /// The directory of the project.
    pub project: PathBuf,
    /// Where PID files and logs lie.
    pub place: Place,
    /// The guard.
    pub guard: Process,
}

/// Starts it; what it will print comes out of the pipe. It has no other descriptor than its standard ones.
///
/// # Errors
/// Where there is no such program or directory, or the system has no more processes.
pub fn spawn(config: &Daemon, session: &Session) -> io::Result<(Pid, PipeReader)> {
    let cwd = session.project.join(&config.cwd);
    if !cwd.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{} is no directory", cwd.display())));
    }
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let path = config.env.get("PATH").map_or(inherited, Into::into);
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(platform::this_executable());
    command.args(["daemons", "exec", "--guard", &session.guard.pid.to_string(), "--"]);
    command.arg(program::find(&config.command, &cwd, &path)?).args(&config.args);
    for name in marker::OF_THE_HOOK {
        command.env_remove(name);
    }
    command.envs(&config.env).env(marker::SESSION, &session.id).env(marker::PROJECT, &session.project);
    command.env(marker::GUARD, marker::of(session.guard, session.place.path()));
    command.current_dir(&cwd).process_group(0);
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn()?;
    Ok((pid(child.id()).ok_or_else(|| io::Error::other("a PID that is none"))?, reader))
}
