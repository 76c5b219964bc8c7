//! One daemon of one session, over all its runs.

use std::io::{self, PipeReader};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, WaitStatus, kill_process_group};

use super::config::DaemonConfig;
use super::daemon_log::DaemonLog;
use super::platform;
use super::process_handle::ProcessHandle;
use super::restart::{NextRun, RestartAttempts, RestartPolicy};
use super::set_state::{DaemonRow, DaemonStatus};
use super::spawn::{DaemonSession, spawn_daemon};

/// One daemon.
pub struct Daemon {
    config: DaemonConfig,
    run: RunState,
    /// The time of the last change of `run`.
    since: SystemTime,
    restarts: u32,
    attempts: RestartAttempts,
    /// The daemon's log.
    pub log: DaemonLog,
}

enum RunState {
    Running {
        process: ProcessHandle,
        started: Instant,
    },
    /// Not running; to be started at this time.
    Due(Instant),
    /// Not running, and not to be started again.
    Over {
        failed: bool,
    },
}

impl Daemon {
    /// Returns a daemon that has not been started and is due now.
    pub fn new(config: DaemonConfig, session: &DaemonSession) -> Self {
        let log = DaemonLog::open_at(session.daemons_dir.log_path(&config.name, &session.id));
        let attempts = RestartAttempts::default();
        Self { config, run: RunState::Due(Instant::now()), since: SystemTime::now(), restarts: 0, attempts, log }
    }

    /// Returns the daemon's name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Returns the PID while the daemon runs, or has ended and has not been waited for yet.
    pub fn running_pid(&self) -> Option<Pid> {
        if let RunState::Running { process, .. } = self.run { platform::to_pid(process.pid) } else { None }
    }

    /// Returns when the daemon is to be started.
    pub fn restart_time(&self) -> Option<Instant> {
        if let RunState::Due(time) = self.run { Some(time) } else { None }
    }

    /// Returns whether the daemon's log is to be kept after the end of the session.
    pub fn has_failed(&self) -> bool {
        matches!(self.run, RunState::Over { failed: true } | RunState::Due(_))
    }

    /// Starts the daemon. Returns the pipe from which its output is read.
    ///
    /// # Errors
    /// If the daemon cannot be started. That counts as a run that failed.
    pub fn start(&mut self, session: &DaemonSession) -> io::Result<PipeReader> {
        match spawn_daemon(&self.config, session) {
            Ok((process, output)) => {
                self.run = RunState::Running { process, started: Instant::now() };
                self.since = SystemTime::now();
                let path = session.daemons_dir.pid_path(self.name(), &session.id);
                let text = format!("{}\n", process.pid);
                if let Err(error) = session.daemons_dir.write_file(&path, &session.id, text.as_bytes()) {
                    self.log_line(&error.to_string());
                }
                Ok(output)
            }
            Err(error) => {
                self.log_line(&error.to_string());
                self.plan_next_run(false, Duration::ZERO);
                Err(error)
            }
        }
    }

    /// Kills what is left of the process group of a daemon that will be restarted. Called after the daemon has ended and before it
    /// is waited for, while its PID cannot belong to another process.
    pub fn kill_group(&self) {
        if let Some(group) = self.running_pid().filter(|_| self.config.restart != RestartPolicy::Never) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Records the end of a run, and plans the next one.
    pub fn note_end(&mut self, status: WaitStatus, session: &DaemonSession) {
        let RunState::Running { started, .. } = self.run else { return };
        // As service managers do: a daemon that ends because a signal asks it to has not failed.
        let asking = [Signal::HUP, Signal::INT, Signal::PIPE, Signal::TERM].map(|signal| Some(signal.as_raw()));
        let is_clean = status.exit_status() == Some(0) || asking.contains(&status.terminating_signal());
        let ended = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        };
        self.remove_pid_file(session);
        let next = match self.plan_next_run(is_clean, started.elapsed()) {
            NextRun::After(delay) => format!(", restarts in {delay:.1?}"),
            NextRun::GiveUp => ", failed too often".to_owned(),
            NextRun::None => String::new(),
        };
        if !is_clean || !next.is_empty() {
            self.log_line(&format!("{} {ended}{next}", self.name()));
        }
    }

    /// Removes the daemon's PID file.
    pub fn remove_pid_file(&self, session: &DaemonSession) {
        let _ = std::fs::remove_file(session.daemons_dir.pid_path(self.name(), &session.id));
    }

    /// Decides what follows a run of this length.
    fn plan_next_run(&mut self, is_clean: bool, length: Duration) -> NextRun {
        self.since = SystemTime::now();
        let next = self.attempts.plan_next_run(self.config.restart, is_clean, length);
        self.run = match next {
            NextRun::None => RunState::Over { failed: !is_clean },
            NextRun::GiveUp => RunState::Over { failed: true },
            NextRun::After(delay) => RunState::Due(Instant::now() + delay),
        };
        next
    }

    /// Counts a restart.
    pub fn count_restart(&mut self) {
        self.restarts += 1;
    }

    /// Returns the daemon's row of the state file.
    pub fn to_row(&self) -> DaemonRow {
        let (status, process) = match self.run {
            RunState::Running { process, .. } => (DaemonStatus::Running, Some(process)),
            RunState::Due(_) => (DaemonStatus::Restarting, None),
            RunState::Over { failed: false } => (DaemonStatus::Exited, None),
            RunState::Over { failed: true } => (DaemonStatus::Failed, None),
        };
        DaemonRow { name: self.config.name.clone(), status, process, since: self.since, restarts: self.restarts }
    }

    /// Writes a line of the supervisor's own to the log.
    fn log_line(&mut self, text: &str) {
        self.log.append(format!("sessions: {text}\n").as_bytes());
    }
}
