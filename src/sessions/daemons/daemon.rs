//! One daemon of one session: its runs, one after the other.

use std::io::{self, PipeReader};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, WaitStatus, kill_process_group};

use super::config;
use super::daemon_log::DaemonLog;
use super::process_handle::ProcessHandle;
use super::restart::{NextRun, RestartAttempts, RestartPolicy};
use super::set_state::{DaemonRow, DaemonStatus};
use super::spawn::{DaemonSession, spawn_daemon};

/// One daemon.
pub struct Daemon {
    config: config::DaemonConfig,
    run: RunState,
    since: SystemTime,
    restarts: u32,
    attempts: RestartAttempts,
    /// What it prints.
    pub log: DaemonLog,
}

enum RunState {
    Running { pid: Pid, process: ProcessHandle, started: Instant },
    Due(Instant),
    Over { failed: bool },
}

impl Daemon {
    /// Not started yet, and due.
    pub fn new(config: config::DaemonConfig, session: &DaemonSession) -> Self {
        let log = DaemonLog::open_at(session.place.log_path(&config.name, &session.id));
        let attempts = RestartAttempts::default();
        Self { config, run: RunState::Due(Instant::now()), since: SystemTime::now(), restarts: 0, attempts, log }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its process, while it runs; nobody else has taken note of its end.
    pub fn running_pid(&self) -> Option<Pid> {
        if let RunState::Running { pid, .. } = self.run { Some(pid) } else { None }
    }

    /// When it is to be started.
    pub fn restart_time(&self) -> Option<Instant> {
        if let RunState::Due(due) = self.run { Some(due) } else { None }
    }

    /// Whether its log is worth keeping.
    pub fn has_failed(&self) -> bool {
        matches!(self.run, RunState::Over { failed: true } | RunState::Due(_))
    }

    /// Starts it; what it will print comes out of the pipe.
    ///
    /// # Errors
    /// Where it cannot be started: that counts as a run that failed.
    pub fn start(&mut self, session: &DaemonSession) -> io::Result<PipeReader> {
        match spawn_daemon(&self.config, session) {
            Ok((pid, reader)) => {
                self.run =
                    RunState::Running { pid, process: ProcessHandle::of_pid(raw_pid(pid)), started: Instant::now() };
                self.since = SystemTime::now();
                let text = format!("{}\n", raw_pid(pid));
                let file = session.place.pid_path(self.name(), &session.id);
                if let Err(error) = session.place.write_file(&file, &session.id, text.as_bytes()) {
                    self.log.append(format!("sessions: {error}\n").as_bytes());
                }
                Ok(reader)
            }
            Err(error) => {
                self.log.append(format!("sessions: {error}\n").as_bytes());
                self.plan_next_run(false, Duration::ZERO);
                Err(error)
            }
        }
    }

    /// Its process has ended and is yet to be waited for: what is left of its group ends with it before another run.
    pub fn kill_group(&self) {
        if let Some(group) = self.running_pid().filter(|_| self.config.restart != RestartPolicy::Never) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Its process has ended so.
    pub fn note_end(&mut self, status: WaitStatus, session: &DaemonSession) {
        let RunState::Running { started, .. } = self.run else { return };
        // As service managers see it: who is asked to end and does has not failed.
        let asked = [Signal::HUP, Signal::INT, Signal::PIPE, Signal::TERM].map(|signal| Some(signal.as_raw()));
        let clean = status.exit_status() == Some(0) || asked.contains(&status.terminating_signal());
        let how = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        };
        self.remove_pid_file(session);
        let then = match self.plan_next_run(clean, started.elapsed()) {
            NextRun::Again(pause) => format!(", starts again in {pause:.1?}"),
            NextRun::GiveUp => ", too often".to_owned(),
            NextRun::Rest => String::new(),
        };
        if !clean || !then.is_empty() {
            self.log.append(format!("sessions: {} {how}{then}\n", self.name()).as_bytes());
        }
    }

    /// Removes its PID file.
    pub fn remove_pid_file(&self, session: &DaemonSession) {
        let _ = std::fs::remove_file(session.place.pid_path(self.name(), &session.id));
    }

    /// A run is over; what is done with it next.
    fn plan_next_run(&mut self, clean: bool, ran: Duration) -> NextRun {
        self.since = SystemTime::now();
        let next = self.attempts.plan_next_run(self.config.restart, clean, ran);
        self.run = match next {
            NextRun::Rest => RunState::Over { failed: !clean },
            NextRun::GiveUp => RunState::Over { failed: true },
            NextRun::Again(pause) => RunState::Due(Instant::now() + pause),
        };
        next
    }

    /// Counts a start again.
    pub fn count_restart(&mut self) {
        self.restarts += 1;
    }

    /// What is said of it.
    pub fn to_row(&self) -> DaemonRow {
        let (status, process) = match self.run {
            RunState::Running { process, .. } => (DaemonStatus::Running, Some(process)),
            RunState::Due(_) => (DaemonStatus::Restarting, None),
            RunState::Over { failed: false } => (DaemonStatus::Exited, None),
            RunState::Over { failed: true } => (DaemonStatus::Failed, None),
        };
        DaemonRow { name: self.config.name.clone(), status, process, since: self.since, restarts: self.restarts }
    }
}

fn raw_pid(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
