//! One daemon of one session: its runs, one after the other.

use std::io::{self, PipeReader};
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, WaitStatus, kill_process_group};

use super::config;
use super::log::Log;
use super::process::Process;
use super::restart::{Attempts, Next, Restart};
use super::spawn::{Session, spawn};
use super::state::{Row, Status};

/// One daemon.
pub struct Daemon {
    config: config::Daemon,
    run: Run,
    since: SystemTime,
    restarts: u32,
    attempts: Attempts,
    /// What it prints.
    pub log: Log,
}

enum Run {
    Running { pid: Pid, process: Process, started: Instant },
    Due(Instant),
    Over { failed: bool },
}

impl Daemon {
    /// Not started yet, and due.
    pub fn new(config: config::Daemon, session: &Session) -> Self {
        let log = Log::at(session.place.log(&config.name, &session.id));
        let attempts = Attempts::default();
        Self { config, run: Run::Due(Instant::now()), since: SystemTime::now(), restarts: 0, attempts, log }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// Its process, while it runs; nobody else has taken note of its end.
    pub fn pid(&self) -> Option<Pid> {
        if let Run::Running { pid, .. } = self.run { Some(pid) } else { None }
    }

    /// When it is to be started.
    pub fn due(&self) -> Option<Instant> {
        if let Run::Due(due) = self.run { Some(due) } else { None }
    }

    /// Whether its log is worth keeping.
    pub fn has_failed(&self) -> bool {
        matches!(self.run, Run::Over { failed: true } | Run::Due(_))
    }

    /// Starts it; what it will print comes out of the pipe.
    ///
    /// # Errors
    /// Where it cannot be started: that counts as a run that failed.
    pub fn start(&mut self, session: &Session) -> io::Result<PipeReader> {
        match spawn(&self.config, session) {
            Ok((pid, reader)) => {
                self.run = Run::Running { pid, process: Process::of(raw(pid)), started: Instant::now() };
                self.since = SystemTime::now();
                let text = format!("{}\n", raw(pid));
                let file = session.place.pid(self.name(), &session.id);
                if let Err(error) = session.place.put(&file, &session.id, text.as_bytes()) {
                    self.log.take(format!("sessions: {error}\n").as_bytes());
                }
                Ok(reader)
            }
            Err(error) => {
                self.log.take(format!("sessions: {error}\n").as_bytes());
                self.rest(false, Duration::ZERO);
                Err(error)
            }
        }
    }

    /// Its process has ended and is yet to be waited for: what is left of its group ends with it before another run.
    pub fn clear_group(&self) {
        if let Some(group) = self.pid().filter(|_| self.config.restart != Restart::Never) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Its process has ended so.
    pub fn ended(&mut self, status: WaitStatus, session: &Session) {
        let Run::Running { started, .. } = self.run else { return };
        // As service managers see it: who is asked to end and does has not failed.
        let asked = [Signal::HUP, Signal::INT, Signal::PIPE, Signal::TERM].map(|signal| Some(signal.as_raw()));
        let clean = status.exit_status() == Some(0) || asked.contains(&status.terminating_signal());
        let how = match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => format!("ended with exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended".to_owned(),
        };
        self.forget(session);
        let then = match self.rest(clean, started.elapsed()) {
            Next::Again(pause) => format!(", starts again in {pause:.1?}"),
            Next::GiveUp => ", too often".to_owned(),
            Next::Rest => String::new(),
        };
        if !clean || !then.is_empty() {
            self.log.take(format!("sessions: {} {how}{then}\n", self.name()).as_bytes());
        }
    }

    /// Removes its PID file.
    pub fn forget(&self, session: &Session) {
        let _ = std::fs::remove_file(session.place.pid(self.name(), &session.id));
    }

    /// A run is over; what is done with it next.
    fn rest(&mut self, clean: bool, ran: Duration) -> Next {
        self.since = SystemTime::now();
        let next = self.attempts.ended(self.config.restart, clean, ran);
        self.run = match next {
            Next::Rest => Run::Over { failed: !clean },
            Next::GiveUp => Run::Over { failed: true },
            Next::Again(pause) => Run::Due(Instant::now() + pause),
        };
        next
    }

    /// Counts a start again.
    pub fn count_restart(&mut self) {
        self.restarts += 1;
    }

    /// What is said of it.
    pub fn row(&self) -> Row {
        let (status, process) = match self.run {
            Run::Running { process, .. } => (Status::Running, Some(process)),
            Run::Due(_) => (Status::Restarting, None),
            Run::Over { failed: false } => (Status::Exited, None),
            Run::Over { failed: true } => (Status::Failed, None),
        };
        Row { name: self.config.name.clone(), status, process, since: self.since, restarts: self.restarts }
    }
}

fn raw(pid: Pid) -> u32 {
    pid.as_raw_nonzero().get().unsigned_abs()
}
