//! `sessions daemons start`: one set for a session, however often it is asked for.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use session_signals_protocol::Hook;

use super::command::StartOptions;
use super::hook_input;
use super::paths::DaemonsDir;
use super::process_handle::{self, ProcessHandle};
use super::session_lock::SessionLock;
use super::supervisor::{READY, SupervisorOrders};
use super::{config, daemon_environment, env_file, platform, reap_orphans, set_state, stop};
use crate::environment::{self, variable};

/// How long a guard may take to start its daemons, or another run of ours to end them.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(8);

/// Starts the set of the session that a hook's JSON names, or `--session`; returns once it runs.
///
/// # Errors
/// A bad config; a daemon that cannot be started, though the others are.
pub fn start_daemons(options: &StartOptions) -> io::Result<()> {
    let home = environment::config_dir()?;
    match &options.session {
        Some(session) => start_supervisor(&home, &orders_by_hand(session, options)?),
        None => start_by_hook(&home),
    }
}

fn orders_by_hand(session: &str, options: &StartOptions) -> io::Result<SupervisorOrders> {
    let claude = options.pid.map(ProcessHandle::of_pid);
    if let Some(process) = claude.filter(|claude| !claude.is_alive()) {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no process {}", process.pid)));
    }
    Ok(SupervisorOrders { session: session.to_owned(), claude, project: project_dir(options.project.clone())? })
}

fn start_by_hook(home: &Path) -> io::Result<()> {
    let event = hook_input::read_hook_input(Hook::SessionStart)?;
    let exported = match variable("CLAUDE_ENV_FILE") {
        Some(file) if config::config_path(home).exists() => env_file::export_session(Path::new(&file), &event.session),
        _ => Ok(()),
    };
    // The session goes on: nothing ended its daemons but somebody who meant it.
    if event.source == "compact" {
        return exported;
    }
    let said = variable("CLAUDE_PID").and_then(|pid| pid.to_str()?.parse().ok());
    let Some(claude) = process_handle::find_claude(said) else {
        return Err(io::Error::other("the CLI that ran this hook is gone"));
    };
    // Its daemons run even where its tools will not know the session's id.
    let begun = start_supervisor(
        home,
        &SupervisorOrders { session: event.session, claude: Some(claude), project: project_dir(event.cwd)? },
    );
    begun.and(exported)
}

/// The CLI's word, or else what is said, or where we stand.
fn project_dir(said: Option<PathBuf>) -> io::Result<PathBuf> {
    let project = variable(daemon_environment::PROJECT_VARIABLE).map(PathBuf::from).or(said);
    std::path::absolute(project.map_or_else(std::env::current_dir, Ok)?)
}

fn start_supervisor(home: &Path, orders: &SupervisorOrders) -> io::Result<()> {
    if config::read_config(&config::config_path(home))?.is_none() {
        return Ok(());
    }
    let place = DaemonsDir::of_config_dir(&home.canonicalize()?);
    place.create()?;
    reap_orphans::reap_orphans(home)?;
    let Some(lock) = take_lock(&place, &orders.session)? else { return Ok(()) };
    end_older_set(&place, orders)?;
    place.remove_session_files(&orders.session);
    let problems = match spawn_supervisor(&lock, orders) {
        Ok(said) => read_answer(said)?,
        Err(error) => {
            lock.release();
            return Err(error);
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(io::Error::other(problems.join("; "))) }
}

/// The session's lock; `None` where its daemons run.
fn take_lock(place: &DaemonsDir, session: &str) -> io::Result<Option<SessionLock>> {
    let path = place.lock_path(session);
    let until = Instant::now() + ANSWER_TIMEOUT;
    loop {
        if let Some(lock) = SessionLock::try_take(&path)? {
            return Ok(Some(lock));
        }
        // Held: by a guard at work, by one that ends, or by another run of ours that is about to start one.
        if set_state::read_live_state(place, session).is_some_and(|state| !state.ending) {
            return Ok(None);
        }
        if Instant::now() > until {
            return Err(set_state::still_locked_error(place, session));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A CLI has one session at a time: what it has of another one's ends.
fn end_older_set(place: &DaemonsDir, orders: &SupervisorOrders) -> io::Result<()> {
    let is_its = |session: &String| {
        let claude = set_state::read_live_state(place, session).and_then(|state| state.claude);
        claude.is_some() && claude == orders.claude && *session != orders.session
    };
    place.session_ids().iter().filter(|session| is_its(session)).try_for_each(|session| stop::end_set(place, session))
}

/// Starts the guard, which has nothing of ours but the lock.
fn spawn_supervisor(lock: &SessionLock, orders: &SupervisorOrders) -> io::Result<PipeReader> {
    close_fds::set_fds_cloexec(3, &[]);
    let (said, saying) = io::pipe()?;
    let mut command = Command::new(platform::this_executable());
    command.args(["daemons", "guard", "--session", &orders.session, "--project"]).arg(&orders.project);
    if let Some(ProcessHandle { pid, start }) = orders.claude {
        command.args(["--pid", &pid.to_string()]);
        command.args(start.map(|start| format!("--start={start}")));
    }
    command.stdin(lock.file.try_clone()?).stdout(saying.try_clone()?).stderr(saying).spawn()?;
    Ok(said)
}

/// What the guard says until it is ready: a problem a line.
fn read_answer(mut said: PipeReader) -> io::Result<Vec<String>> {
    let until = Instant::now() + ANSWER_TIMEOUT;
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let left = Timespec::try_from(until.saturating_duration_since(Instant::now())).map_err(io::Error::other)?;
        let ready = poll(&mut [PollFd::from_borrowed_fd(said.as_fd(), PollFlags::IN)], Some(&left))?;
        let count = if ready > 0 { said.read(&mut buffer)? } else { 0 };
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
    lines.push("the daemons' guard did not start".to_owned());
    Ok(lines)
}
