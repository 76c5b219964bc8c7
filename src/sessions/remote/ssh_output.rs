//! What a run of ssh prints, and its end.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// The most that is kept of what ssh and the other machine print on standard error.
const MAX_ERRORS: usize = 64 << 10;

/// How long ssh may take to end after it has closed its standard output.
const END_TIMEOUT: Duration = Duration::from_secs(5);

/// The pipes of a run of ssh, and its end.
///
/// The end of a pipe cannot be waited for: an old ssh that stays in the background for further runs keeps the standard error of its
/// caller open. So the end of the process counts. All that it has written is in the pipes by then, and they are read until they
/// are empty.
pub struct SshOutput {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// Is at its end when ssh has ended.
    end: PipeReader,
    waiter: JoinHandle<()>,
    errors: Vec<u8>,
}

impl SshOutput {
    /// Takes the pipes of the process.
    ///
    /// # Errors
    /// If the system has no descriptors or threads left.
    pub fn new(ssh: &mut Child) -> io::Result<Self> {
        let (end, end_writer) = io::pipe()?;
        let pid = ssh.id();
        let wait = move || {
            wait_for_end(pid);
            drop(end_writer);
        };
        let waiter = thread::Builder::new().name("ssh".to_owned()).spawn(wait)?;
        Ok(Self { stdout: ssh.stdout.take(), stderr: ssh.stderr.take(), end, waiter, errors: Vec::new() })
    }

    /// Waits until ssh prints something, and adds what it prints on standard output. Returns `false` if nothing more comes.
    pub fn read_more(&mut self, printed: &mut Vec<u8>) -> bool {
        let [has_output, has_errors, has_ended] = self.wait();
        if has_output {
            read_some(&mut self.stdout, printed);
        }
        if has_errors {
            read_some(&mut self.stderr, &mut self.errors);
            self.errors.drain(..self.errors.len().saturating_sub(MAX_ERRORS));
        }
        has_output || has_errors || !has_ended
    }

    /// Returns whether standard output and standard error can be read, and whether ssh has ended or is overdue.
    fn wait(&self) -> [bool; 3] {
        let end = self.end.as_fd();
        // In the place of a pipe that is at its end, that of the process is looked at once more.
        let stdout = self.stdout.as_ref().map_or(end, AsFd::as_fd);
        let stderr = self.stderr.as_ref().map_or(end, AsFd::as_fd);
        let mut polled = [stdout, stderr, end].map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN));
        let timeout = self.stdout.is_none().then(|| Timespec::try_from(END_TIMEOUT).unwrap_or_default());
        let found = loop {
            match poll(&mut polled, timeout.as_ref()) {
                Err(Errno::INTR) => {}
                found => break found,
            }
        };
        let is_ready = |index: usize| !polled[index].revents().is_empty();
        let is_overdue = found.is_ok_and(|count| count == 0) || found.is_err();
        [self.stdout.is_some() && is_ready(0), self.stderr.is_some() && is_ready(1), is_overdue || is_ready(2)]
    }

    /// Ends ssh if it still runs. Returns how it ended, and what came on standard error.
    pub fn finish(self, ssh: &mut Child) -> (io::Result<ExitStatus>, String) {
        // If it has ended already, there is nothing to do.
        let _ = ssh.kill();
        // The number of the process is free for another one as soon as its status is taken, so the thread must not wait any more.
        let _ = self.waiter.join();
        (ssh.wait(), String::from_utf8_lossy(&self.errors).into_owned())
    }
}

/// Waits until a child has ended, and leaves its status for others.
fn wait_for_end(pid: u32) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
}

/// Reads what is there. A pipe that is at its end is closed.
fn read_some(pipe: &mut Option<impl Read>, into: &mut Vec<u8>) {
    let mut buffer = [0; 16 << 10];
    match pipe.as_mut().map(|pipe| pipe.read(&mut buffer)) {
        Some(Ok(len @ 1..)) => into.extend_from_slice(&buffer[..len]),
        Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
        _ => *pipe = None,
    }
}
