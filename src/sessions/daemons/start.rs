//! `sessions daemons start`: starts the daemons of a session once, however often it is called.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use session_signals_cli::wait_until;
use session_signals_protocol::Hook;

use super::command::StartOptions;
use super::hook_input;
use super::paths::DaemonsDir;
use super::process_handle::{self, ProcessHandle};
use super::session_lock::{LOCK_POLL_INTERVAL, SessionLock};
use super::supervisor::{READY, SupervisorRequest};
use super::{config, daemon_environment, env_file, reap_orphans, set_state, stop};
use crate::environment::{self, variable};
use crate::program_command::own_program;

/// How long a supervisor may take to start its daemons, and another `start` or `stop` to release the session's lock.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Starts the daemons of the session that `--session` or the hook's JSON names. Returns when they run.
///
/// # Errors
/// If the config is wrong, if a daemon could not be started (the other daemons run nevertheless), or if there is no supervisor.
pub fn start_daemons(options: &StartOptions) -> io::Result<()> {
    let config_dir = environment::config_dir()?;
    match &options.session {
        Some(session) => start_supervisor(&config_dir, &request_by_hand(session, options)?),
        None => start_by_hook(&config_dir),
    }
}

fn request_by_hand(session: &str, options: &StartOptions) -> io::Result<SupervisorRequest> {
    let claude = options.pid.map(ProcessHandle::of_pid);
    if let Some(process) = claude.filter(|claude| !claude.is_alive()) {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no process {}", process.pid)));
    }
    Ok(SupervisorRequest {
        session: session.to_owned(),
        claude,
        project: project_dir(options.project.clone().or_else(exported_project))?,
    })
}

fn start_by_hook(config_dir: &Path) -> io::Result<()> {
    let input = hook_input::read_hook_input(Hook::SessionStart)?;
    let exported = match variable("CLAUDE_ENV_FILE") {
        Some(file) if config::config_path(config_dir).exists() => {
            env_file::export_session(Path::new(&file), &input.session)
        }
        _ => Ok(()),
    };
    // The session goes on after a compaction. If its daemons are gone, the user has stopped them.
    if input.source == "compact" {
        return exported;
    }
    let claude_pid = variable("CLAUDE_PID").and_then(|pid| pid.to_str()?.parse().ok());
    let Some(claude) = process_handle::find_claude(claude_pid) else {
        return Err(io::Error::other("the Claude Code that ran this hook has ended"));
    };
    let project = project_dir(exported_project().or(input.cwd))?;
    // The daemons are started even if the session's id could not be exported.
    let started =
        start_supervisor(config_dir, &SupervisorRequest { session: input.session, claude: Some(claude), project });
    started.and(exported)
}

/// Returns the value of `CLAUDE_PROJECT_DIR`.
fn exported_project() -> Option<PathBuf> {
    variable(daemon_environment::PROJECT_VARIABLE).map(PathBuf::from)
}

/// Returns the absolute path of the project's directory: `given`, or else the current directory.
fn project_dir(given: Option<PathBuf>) -> io::Result<PathBuf> {
    std::path::absolute(given.map_or_else(std::env::current_dir, Ok)?)
}

fn start_supervisor(config_dir: &Path, request: &SupervisorRequest) -> io::Result<()> {
    if config::read_config(&config::config_path(config_dir))?.is_none() {
        return Ok(());
    }
    let daemons_dir = DaemonsDir::of_config_dir(config_dir)?;
    daemons_dir.create()?;
    reap_orphans::reap_orphans(&daemons_dir);
    let Some(lock) = take_lock(&daemons_dir, &request.session)? else { return Ok(()) };
    end_previous_set(&daemons_dir, request)?;
    daemons_dir.remove_session_files(&request.session);
    let problems = match spawn_supervisor(&lock, request) {
        Ok(answer) => read_answer(answer)?,
        Err(error) => {
            lock.release();
            return Err(error);
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(io::Error::other(problems.join("; "))) }
}

/// Takes the session's lock; `None` if the daemons of the session run already.
///
/// The lock may also be held by a supervisor that is ending, or by another `start` that has not started its supervisor yet. Then
/// this function waits.
fn take_lock(daemons_dir: &DaemonsDir, session: &str) -> io::Result<Option<SessionLock>> {
    let path = daemons_dir.lock_path(session);
    let is_running = || set_state::read_live_state(daemons_dir, session).is_some_and(|state| !state.ending);
    let taken = wait_until(ANSWER_TIMEOUT, LOCK_POLL_INTERVAL, || match SessionLock::try_take(&path) {
        Ok(None) if !is_running() => None,
        taken => Some(taken),
    });
    taken.unwrap_or_else(|| Err(set_state::still_locked_error(daemons_dir, session)))
}

/// Ends the daemons of the session that the same CLI ran before. A CLI runs one session at a time.
fn end_previous_set(daemons_dir: &DaemonsDir, request: &SupervisorRequest) -> io::Result<()> {
    let is_previous = |session: &String| {
        let claude = set_state::read_live_state(daemons_dir, session).and_then(|state| state.claude);
        claude.is_some() && claude == request.claude && *session != request.session
    };
    let sessions = daemons_dir.session_ids();
    let mut previous = sessions.iter().filter(|session| is_previous(session));
    previous.try_for_each(|session| stop::end_set(daemons_dir, session))
}

/// Starts the supervisor. It inherits the lock, and no other descriptor of this process.
fn spawn_supervisor(lock: &SessionLock, request: &SupervisorRequest) -> io::Result<PipeReader> {
    close_fds::set_fds_cloexec(3, &[]);
    let (answer, answer_writer) = io::pipe()?;
    let mut command = Command::new(own_program());
    command.args(["daemons", "supervise", "--session", &request.session, "--project"]).arg(&request.project);
    if let Some(ProcessHandle { pid, start }) = request.claude {
        command.args(["--pid", &pid.to_string()]);
        command.args(start.map(|start| format!("--start={start}")));
    }
    command.stdin(lock.file.try_clone()?).stdout(answer_writer.try_clone()?).stderr(answer_writer).spawn()?;
    Ok(answer)
}

/// Reads the supervisor's answer: one problem per line, and [`READY`] at the end. Returns the problems.
fn read_answer(mut answer: PipeReader) -> io::Result<Vec<String>> {
    let deadline = Instant::now() + ANSWER_TIMEOUT;
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).map_err(io::Error::other)?;
        let ready = poll(&mut [PollFd::from_borrowed_fd(answer.as_fd(), PollFlags::IN)], Some(&left))?;
        let count = if ready > 0 { answer.read(&mut buffer)? } else { 0 };
        if count == 0 {
            break;
        }
        text.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.last().is_some_and(|line| line == READY) {
        lines.pop();
        return Ok(lines);
    }
    lines.push("the daemons' supervisor did not start".to_owned());
    Ok(lines)
}
