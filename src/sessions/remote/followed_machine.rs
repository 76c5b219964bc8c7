//! Follows the sessions of another machine.

use std::collections::BTreeSet;
use std::io;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::remote_command::{BEGIN, MARK};
use super::remote_session::parse_change;
use super::ssh_output::SshOutput;
use super::ssh_run::{describe_failure, start_ssh};
use super::ssh_target::SshTarget;
use crate::machines::MachineNews;
use crate::model::SessionChange;

/// After how long a machine is tried again for the first time. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(60);

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

/// How far a connection has come.
enum Progress {
    /// Nothing of `sessions` was read yet.
    Connecting,
    /// The sessions that exist are read. They are told together: who knows some of them from an earlier connection would take the
    /// others for gone.
    Loading(Vec<SessionChange>),
    /// They were told. Each further line is a change.
    Following,
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
            let (progress, failure) = self.follow_once(tell);
            let gone = std::mem::take(&mut self.known).into_iter().map(|key| (key, None)).collect();
            if !tell(MachineNews::Sessions(gone)) || !tell(self.source(Some(failure))) {
                return;
            }
            if matches!(progress, Progress::Following) {
                pause = FIRST_PAUSE;
            }
            // Machines that were lost together are not all tried at the same moment.
            if is_stopped.recv_timeout(jitter(pause, &self.target)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            pause = MAX_PAUSE.min(2 * pause);
        }
    }

    /// Follows the machine until the connection ends. Returns how far it came, and why it ended.
    fn follow_once(&mut self, tell: &dyn Fn(MachineNews) -> bool) -> (Progress, String) {
        let mut progress = Progress::Connecting;
        let (ssh, mut output) = match start_ssh(&self.target, self.arguments) {
            Ok(started) => started,
            Err(reason) => return (progress, reason),
        };
        *lock(&self.ssh) = Some(ssh);
        let read = self.read_lines(&mut output, &mut progress, tell);
        let ended = lock(&self.ssh).take().map(|mut ssh| output.finish(&mut ssh));
        let reason = match (read, ended) {
            (Err(wrong), _) => wrong,
            (Ok(()), Some((status, errors))) => describe_failure(&self.target, &status, &errors),
            (Ok(()), None) => format!("{}: the connection has ended", self.target),
        };
        (progress, reason)
    }

    fn read_lines(
        &mut self,
        output: &mut SshOutput,
        progress: &mut Progress,
        tell: &dyn Fn(MachineNews) -> bool,
    ) -> Result<(), String> {
        let mut printed = Vec::new();
        while output.read_more(&mut printed) {
            for line in take_lines(&mut printed).lines() {
                if !self.read_line(line, progress)?.into_iter().all(tell) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Returns what the line has that is new.
    fn read_line(&mut self, line: &str, progress: &mut Progress) -> Result<Vec<MachineNews>, String> {
        match progress {
            Progress::Connecting if line == BEGIN => *progress = Progress::Loading(Vec::new()),
            // The start-up files of the login shell have printed it.
            Progress::Connecting => {}
            Progress::Loading(sessions) if line == MARK => {
                let sessions = self.note_told(std::mem::take(sessions));
                *progress = Progress::Following;
                return Ok(vec![sessions, self.source(None)]);
            }
            Progress::Loading(sessions) => sessions.push(parse_change(&self.target, line)?),
            Progress::Following => {
                let change = parse_change(&self.target, line)?;
                return Ok(vec![self.note_told(vec![change])]);
            }
        }
        Ok(Vec::new())
    }

    /// Remembers which sessions are told.
    fn note_told(&mut self, changes: Vec<SessionChange>) -> MachineNews {
        for (key, session) in &changes {
            match session {
                Some(_) => _ = self.known.insert(key.clone()),
                None => _ = self.known.remove(key),
            }
        }
        MachineNews::Sessions(changes)
    }

    fn source(&self, failure: Option<String>) -> MachineNews {
        MachineNews::Source { name: self.target.as_str().to_owned(), failure }
    }
}

/// Takes the lines that are complete, and leaves the beginning of the next one.
fn take_lines(printed: &mut Vec<u8>) -> String {
    let complete = printed.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    let rest = printed.split_off(complete);
    String::from_utf8_lossy(&std::mem::replace(printed, rest)).into_owned()
}

/// Returns the pause, made up to a quarter longer by the name of the machine.
fn jitter(pause: Duration, target: &SshTarget) -> Duration {
    let sum: u32 = target.as_str().bytes().map(u32::from).sum();
    pause + pause / 4 * (sum % 64) / 64
}
