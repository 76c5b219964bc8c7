//! Follows the sessions of another machine.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, ChildStdout};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::remote_command::BEGIN;
use super::remote_session::parse_session;
use super::ssh_run::{describe_failure, describe_start_error, ssh_command};
use super::ssh_target::SshTarget;
use crate::machines::MachineNews;
use crate::model::SessionChange;

/// After how long a machine is tried again for the first time. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The most that is kept of what ssh and the other machine print on standard error.
const MAX_ERRORS: usize = 64 << 10;

/// The ssh of a machine, while it runs.
type RunningSsh = Mutex<Option<Child>>;

/// The machines that are followed.
static FOLLOWED: Mutex<Vec<Weak<RunningSsh>>> = Mutex::new(Vec::new());

/// Ends each ssh that still runs. Call it before the program ends: otherwise an ssh would end only at the next change of a session
/// of its machine.
pub fn end_connections() {
    for ssh in std::mem::take(&mut *lock(&FOLLOWED)) {
        if let Some(ssh) = ssh.upgrade() {
            kill(&ssh);
        }
    }
}

/// Follows a machine until it is dropped.
pub struct FollowedMachine {
    ssh: Arc<RunningSsh>,
    /// Its end stops the thread.
    _stop: Sender<()>,
}

impl FollowedMachine {
    /// Starts the thread. `tell` returns whether anybody still wants to know.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(
        target: SshTarget,
        arguments: &'static str,
        tell: impl Fn(MachineNews) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let ssh = Arc::new(Mutex::new(None));
        lock(&FOLLOWED).push(Arc::downgrade(&ssh));
        let (stop, is_stopped) = channel();
        let follower = Follower { target, arguments, ssh: Arc::clone(&ssh), known: BTreeSet::new() };
        thread::Builder::new().name("machine".to_owned()).spawn(move || follower.run(&is_stopped, &tell))?;
        Ok(Self { ssh, _stop: stop })
    }
}

impl Drop for FollowedMachine {
    fn drop(&mut self) {
        kill(&self.ssh);
    }
}

fn kill(ssh: &RunningSsh) {
    if let Some(ssh) = lock(ssh).as_mut() {
        // If it has ended already, there is nothing to do.
        let _ = ssh.kill();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread has.
struct Follower {
    target: SshTarget,
    arguments: &'static str,
    ssh: Arc<RunningSsh>,
    /// The keys of the sessions that were told.
    known: BTreeSet<String>,
}

impl Follower {
    fn run(mut self, is_stopped: &Receiver<()>, tell: &dyn Fn(MachineNews) -> bool) {
        let mut pause = FIRST_PAUSE;
        loop {
            let (was_connected, failure) = self.follow_once(tell);
            let gone = std::mem::take(&mut self.known).into_iter().map(|key| (key, None)).collect();
            if !tell(MachineNews::Sessions(gone)) || !tell(self.source(Some(failure))) {
                return;
            }
            pause = if was_connected { FIRST_PAUSE } else { MAX_PAUSE.min(2 * pause) };
            // Machines that were lost together are not all tried at the same moment.
            if is_stopped.recv_timeout(jitter(pause, &self.target)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    /// Follows the machine until the connection ends. Returns whether there was one, and why it ended.
    fn follow_once(&mut self, tell: &dyn Fn(MachineNews) -> bool) -> (bool, String) {
        let started = ssh_command(&self.target, self.arguments).spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => return (false, describe_start_error(&self.target, &error)),
        };
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        *lock(&self.ssh) = Some(child);
        // A machine that writes many errors must not be stopped by a full pipe.
        let errors = thread::spawn(move || stderr.map(read_end).unwrap_or_default());
        let mut was_connected = false;
        let wrong = stdout.and_then(|stdout| self.read_lines(stdout, &mut was_connected, tell).err());
        let mut child = lock(&self.ssh).take();
        let status = child.as_mut().map(|child| {
            // What is still running prints something that cannot be understood, or nobody reads it any more.
            let _ = child.kill();
            child.wait()
        });
        let errors = errors.join().unwrap_or_default();
        let reason = match (wrong, status) {
            (Some(wrong), _) => wrong,
            (None, Some(Ok(status))) => describe_failure(&self.target, status, &errors),
            (None, _) => format!("{}: the connection has ended", self.target),
        };
        (was_connected, reason)
    }

    fn read_lines(
        &mut self,
        stdout: ChildStdout,
        was_connected: &mut bool,
        tell: &dyn Fn(MachineNews) -> bool,
    ) -> Result<(), String> {
        for line in BufReader::new(stdout).lines() {
            // The connection has ended in the middle of a line.
            let Ok(line) = line else { return Ok(()) };
            let news = if *was_connected {
                MachineNews::Sessions(vec![self.parse_line(&line)?])
            } else if line == BEGIN {
                *was_connected = true;
                self.source(None)
            } else {
                continue;
            };
            if !tell(news) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn source(&self, failure: Option<String>) -> MachineNews {
        MachineNews::Source { name: self.target.as_str().to_owned(), failure }
    }

    fn parse_line(&mut self, line: &str) -> Result<SessionChange, String> {
        #[derive(Deserialize)]
        struct EventLine<'a> {
            key: String,
            #[serde(borrow)]
            value: Option<&'a RawValue>,
        }
        let line: EventLine<'_> = serde_json::from_str(line)
            .map_err(|error| format!("{}: sessions prints something else there ({error})", self.target))?;
        let Some(json) = line.value else {
            let key = format!("{}:{}", self.target, line.key);
            self.known.remove(&key);
            return Ok((key, None));
        };
        let session = parse_session(&self.target, json)?;
        let key = session.key();
        self.known.insert(key.clone());
        Ok((key, Some(session)))
    }
}

/// Reads to the end, and returns the last part of it.
fn read_end(mut pipe: impl Read) -> String {
    let (mut end, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(len @ 1..) = pipe.read(&mut buffer) {
        end.extend_from_slice(&buffer[..len]);
        end.drain(..end.len().saturating_sub(MAX_ERRORS));
    }
    String::from_utf8_lossy(&end).into_owned()
}

/// Returns the pause, made up to a quarter longer by the name of the machine.
fn jitter(pause: Duration, target: &SshTarget) -> Duration {
    let sum: u32 = target.as_str().bytes().map(u32::from).sum();
    pause + pause / 4 * (sum % 64) / 64
}
