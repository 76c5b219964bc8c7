//! `sessions daemons start`: one set for a session, however often it is asked for.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use session_signals_protocol::Hook;

use super::cli::Start;
use super::guard::{Orders, READY};
use super::hook;
use super::lock::Lock;
use super::place::Place;
use super::process::{self, Process};
use super::{config, env_file, marker, platform, state, stop, sweep};
use crate::environment::{self, set};

/// How long a guard may take to start its daemons, or another run of ours to end them.
const LIMIT: Duration = Duration::from_secs(8);

/// Starts the set of the session that a hook's JSON names, or `--session`; returns once it runs.
///
/// # Errors
/// A bad config; a daemon that cannot be started, though the others are.
pub fn run(options: &Start) -> io::Result<()> {
    let home = environment::config()?;
    match &options.session {
        Some(session) => begin(&home, &by_hand(session, options)?),
        None => by_hook(&home),
    }
}

fn by_hand(session: &str, options: &Start) -> io::Result<Orders> {
    let claude = options.pid.map(Process::of);
    if let Some(process) = claude.filter(|claude| !claude.lives()) {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no process {}", process.pid)));
    }
    Ok(Orders { session: session.to_owned(), claude, project: project(options.project.clone())? })
}

fn by_hook(home: &Path) -> io::Result<()> {
    let event = hook::read(Hook::SessionStart)?;
    let exported = match set("CLAUDE_ENV_FILE") {
        Some(file) if config::path(home).exists() => env_file::export(Path::new(&file), &event.session),
        _ => Ok(()),
    };
    // The session goes on: nothing ended its daemons but somebody who meant it.
    if event.source == "compact" {
        return exported;
    }
    let said = set("CLAUDE_PID").and_then(|pid| pid.to_str()?.parse().ok());
    let Some(claude) = process::claude(said) else {
        return Err(io::Error::other("the CLI that ran this hook is gone"));
    };
    // Its daemons run even where its tools will not know the session's id.
    let begun = begin(home, &Orders { session: event.session, claude: Some(claude), project: project(event.cwd)? });
    begun.and(exported)
}

/// The CLI's word, or else what is said, or where we stand.
fn project(said: Option<PathBuf>) -> io::Result<PathBuf> {
    let project = set(marker::PROJECT).map(PathBuf::from).or(said);
    std::path::absolute(project.map_or_else(std::env::current_dir, Ok)?)
}

fn begin(home: &Path, orders: &Orders) -> io::Result<()> {
    if config::read(&config::path(home))?.is_none() {
        return Ok(());
    }
    let place = Place::of(&home.canonicalize()?);
    place.make()?;
    sweep::sweep(home)?;
    let Some(lock) = lock(&place, &orders.session)? else { return Ok(()) };
    supersede(&place, orders)?;
    place.clear(&orders.session);
    let problems = match guard(&lock, orders) {
        Ok(said) => told(said)?,
        Err(error) => {
            lock.release();
            return Err(error);
        }
    };
    if problems.is_empty() { Ok(()) } else { Err(io::Error::other(problems.join("; "))) }
}

/// The session's lock; `None` where its daemons run.
fn lock(place: &Place, session: &str) -> io::Result<Option<Lock>> {
    let path = place.lock(session);
    let until = Instant::now() + LIMIT;
    loop {
        if let Some(lock) = Lock::take(&path)? {
            return Ok(Some(lock));
        }
        // Held: by a guard at work, by one that ends, or by another run of ours that is about to start one.
        if state::live(place, session).is_some_and(|state| !state.ending) {
            return Ok(None);
        }
        if Instant::now() > until {
            return Err(state::stays_locked(place, session));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A CLI has one session at a time: what it has of another one's ends.
fn supersede(place: &Place, orders: &Orders) -> io::Result<()> {
    let is_its = |session: &String| {
        let claude = state::live(place, session).and_then(|state| state.claude);
        claude.is_some() && claude == orders.claude && *session != orders.session
    };
    place.sessions().iter().filter(|session| is_its(session)).try_for_each(|session| stop::end(place, session))
}

/// Starts the guard, which has nothing of ours but the lock.
fn guard(lock: &Lock, orders: &Orders) -> io::Result<PipeReader> {
    close_fds::set_fds_cloexec(3, &[]);
    let (said, saying) = io::pipe()?;
    let mut command = Command::new(platform::this_executable());
    command.args(["daemons", "guard", "--session", &orders.session, "--project"]).arg(&orders.project);
    if let Some(Process { pid, start }) = orders.claude {
        command.args(["--pid", &pid.to_string()]);
        command.args(start.map(|start| format!("--start={start}")));
    }
    command.stdin(lock.file.try_clone()?).stdout(saying.try_clone()?).stderr(saying).spawn()?;
    Ok(said)
}

/// What the guard says until it is ready: a problem a line.
fn told(mut said: PipeReader) -> io::Result<Vec<String>> {
    let until = Instant::now() + LIMIT;
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
