//! `sessions daemons supervise`: starts the daemons of one session, restarts them, and ends them when the CLI ends.
//!
//! The supervisor leads a process session of its own and has no descriptor of the hook that started it. Its standard input is the
//! session's lock.

use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, WaitOptions, waitid, waitpid};

use super::daemon::Daemon;
use super::paths::DaemonsDir;
use super::platform;
use super::process_handle::ProcessHandle;
use super::process_watch::ProcessWatch;
use super::set_state::{self, SetState};
use super::spawn::DaemonSession;
use super::wakeups::Wakeups;
use super::{config, daemon_log, ended_signal, shutdown};
use crate::environment;

/// The last line of the supervisor's answer to the process that started it.
pub const READY: &str = "ready";

/// What a supervisor is asked to do.
pub struct SupervisorRequest {
    /// The session's id.
    pub session: String,
    /// The CLI with which the daemons end; `None` if only `stop` ends them.
    pub claude: Option<ProcessHandle>,
    /// The project's directory.
    pub project: PathBuf,
}

/// Runs the daemons of a session until the session ends.
///
/// # Errors
/// If this process does not have the session's lock as its standard input, or if the config or the state file cannot be read or
/// written. Then no daemon was started.
pub fn supervise(request: SupervisorRequest) -> io::Result<()> {
    // This fails if the process leads its group. Then it leads a process session already.
    let _ = rustix::process::setsid();
    close_fds::set_fds_cloexec(3, &[]);
    platform::adopt_orphans()?;
    let config_dir = environment::config_dir()?;
    let daemons_dir = DaemonsDir::of_config_dir(&config_dir)?;
    let lock = daemons_dir.lock_path(&request.session);
    if !inherits_lock(&lock) {
        return Err(io::Error::other("only `sessions daemons start` starts a supervisor"));
    }
    let config_path = config::config_path(&config_dir);
    let supervisor = ProcessHandle::of_pid(std::process::id());
    let session = DaemonSession { id: request.session, project: request.project, daemons_dir, supervisor };
    let result = Supervisor::new(session, request.claude).and_then(|mut supervisor| {
        let daemons = config::read_config(&config_path)?.map(|config| config.daemons).unwrap_or_default();
        // Without a state file no other process could see that this supervisor is alive, so nothing may be started before.
        supervisor.write_state(false)?;
        supervisor.start_all(daemons);
        supervisor.supervise_until_end();
        supervisor.end_session();
        Ok(())
    });
    let _ = std::fs::remove_file(lock);
    result
}

/// Writes the answer to the process that started this one, and closes all connections to that process.
fn write_answer(answer: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{answer}").and_then(|()| stdout.flush());
    let null = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    std::env::set_current_dir("/").and(written)
}

/// Returns whether the standard input of this process is the lock.
fn inherits_lock(lock: &Path) -> bool {
    let lock = lock.symlink_metadata().map(|metadata| (metadata.dev(), metadata.ino()));
    let stdin = io::stdin().as_fd().try_clone_to_owned().and_then(|fd| std::fs::File::from(fd).metadata());
    matches!((lock, stdin), (Ok(lock), Ok(stdin)) if lock == (stdin.dev(), stdin.ino()))
}

struct Supervisor {
    session: DaemonSession,
    claude: Option<ProcessHandle>,
    /// Waits for the end of `claude`; `None` if there is none, or if it has ended.
    watch: Option<ProcessWatch>,
    daemons: Vec<Daemon>,
    wakeups: Wakeups,
    /// The state as the state file has it.
    written_state: Option<SetState>,
}

impl Supervisor {
    fn new(session: DaemonSession, claude: Option<ProcessHandle>) -> io::Result<Self> {
        let (wakeups, watch) = (Wakeups::new()?, claude.and_then(ProcessWatch::watch_process));
        Ok(Self { session, claude, watch, daemons: Vec::new(), wakeups, written_state: None })
    }

    /// Starts all daemons, and answers which of them could not be started.
    fn start_all(&mut self, config: Vec<config::DaemonConfig>) {
        self.prune_logs();
        self.daemons = config.into_iter().map(|daemon| Daemon::new(daemon, &self.session)).collect();
        let mut answer = Vec::new();
        for index in 0..self.daemons.len() {
            // The CLI may have died in the meantime. Then no more daemons are started.
            if !self.is_session_over()
                && let Err(error) = self.start_daemon(index)
            {
                answer.push(format!("{}: {error}", self.daemons[index].name()));
            }
        }
        // From here on, a failure such as a full disk or a caller that has ended must not end the daemons.
        let _ = self.write_state(false);
        answer.push(READY.to_owned());
        let _ = write_answer(&answer.join("\n"));
    }

    fn start_daemon(&mut self, index: usize) -> io::Result<()> {
        let output = self.daemons[index].start(&self.session)?;
        self.wakeups.add_output(index, output);
        Ok(())
    }

    /// Restarts daemons until the session is over.
    fn supervise_until_end(&mut self) {
        while !self.is_session_over() {
            self.reap();
            let now = Instant::now();
            for index in 0..self.daemons.len() {
                if self.daemons[index].restart_time().is_some_and(|time| time <= now) {
                    self.daemons[index].count_restart();
                    // The daemon's log tells of an error.
                    let _ = self.start_daemon(index);
                }
            }
            let _ = self.write_state(false);
            let next_restart = self.daemons.iter().filter_map(Daemon::restart_time).min();
            let until_restart = next_restart.map(|time| time.saturating_duration_since(now));
            let until_poll = self.watch.as_ref().and_then(ProcessWatch::poll_interval);
            self.wait_for_wakeup(until_restart.into_iter().chain(until_poll).min());
        }
    }

    fn is_session_over(&self) -> bool {
        self.wakeups.is_asked_to_end() || self.has_claude_ended()
    }

    /// Returns whether the CLI has ended. A CLI that ends regularly runs `sessions daemons stop` before.
    fn has_claude_ended(&self) -> bool {
        self.claude.is_some() && self.watch.as_ref().is_none_or(ProcessWatch::has_ended)
    }

    fn end_session(&mut self) {
        let was_killed = !self.wakeups.is_asked_to_end();
        // The descriptor of a process that has ended is always readable, so waiting for it would not wait.
        self.watch = None;
        let _ = self.write_state(true);
        if was_killed {
            // Published before the daemons have ended: if the session is resumed meanwhile, its own signal must come later.
            let _ = ended_signal::publish_ended(&self.session, self.claude);
        }
        let running: Vec<_> = self.daemons.iter().filter_map(Daemon::running_pid).collect();
        shutdown::end_daemons(&running, &mut |limit| self.wait_for_wakeup(Some(limit)));
        for daemon in &self.daemons {
            if !daemon.has_failed() {
                daemon.log.remove();
            }
        }
        self.session.daemons_dir.remove_session_files(&self.session.id);
    }

    /// Waits for the next wakeup, and logs the output of the daemons.
    fn wait_for_wakeup(&mut self, limit: Option<Duration>) {
        let (claude, daemons) = (self.watch.as_ref().and_then(ProcessWatch::fd), &mut self.daemons);
        self.wakeups.wait_for_next(claude, limit, &mut |index, output| daemons[index].log.append(output));
    }

    /// Waits for the daemons and the adopted processes that have ended.
    fn reap(&mut self) {
        let without_waiting = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        for daemon in &mut self.daemons {
            let Some(pid) = daemon.running_pid() else { continue };
            if let Ok(Some(_)) = waitid(WaitId::Pid(pid), without_waiting) {
                daemon.kill_group();
                if let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::NOHANG) {
                    daemon.note_end(status, &self.session);
                }
            }
        }
        for child in platform::child_pids() {
            if self.daemons.iter().all(|daemon| daemon.running_pid() != Some(child)) {
                let _ = waitpid(Some(child), WaitOptions::NOHANG);
            }
        }
    }

    /// Writes the state file if the state has changed.
    fn write_state(&mut self, ending: bool) -> io::Result<()> {
        let daemons = self.daemons.iter().map(Daemon::to_row).collect();
        let state = SetState { supervisor: self.session.supervisor, claude: self.claude, ending, daemons };
        if self.written_state.as_ref() != Some(&state) {
            set_state::write_state(&self.session.daemons_dir, &self.session.id, &state)?;
            self.written_state = Some(state);
        }
        Ok(())
    }

    /// Removes the oldest logs of failed daemons. The logs of sessions that have daemons now are kept.
    fn prune_logs(&self) {
        let live_sessions = self.session.daemons_dir.session_ids();
        let is_live = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.split('.').nth(1).is_some_and(|session| live_sessions.contains(session))
        };
        let old_logs = self.session.daemons_dir.log_paths().into_iter().filter(|path| !is_live(path));
        for path in old_logs.skip(daemon_log::KEPT_LOGS) {
            let _ = std::fs::remove_file(path);
        }
    }
}
