//! What a supervisor waits for: a signal, the end of the CLI, the output of a daemon.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

/// The sources of wakeups.
pub struct Wakeups {
    /// Readable after a signal.
    signals: UnixStream,
    asked_to_end: Arc<AtomicBool>,
    /// The output of each daemon, by the daemon's index. A daemon may have several pipes: a process that an earlier run left behind
    /// may still print.
    outputs: Vec<(usize, PipeReader)>,
}

impl Wakeups {
    /// Installs the signal handlers. From then on, SIGTERM, SIGINT and SIGHUP wake this process and do not end it.
    ///
    /// # Errors
    /// If the system has no more descriptors.
    pub fn new() -> io::Result<Self> {
        let (signals, sender) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let asked_to_end = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&asked_to_end))?;
        }
        for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, sender.try_clone()?)?;
        }
        Ok(Self { signals, asked_to_end, outputs: Vec::new() })
    }

    /// Returns whether a signal has asked this process to end.
    pub fn is_asked_to_end(&self) -> bool {
        self.asked_to_end.load(Ordering::Relaxed)
    }

    /// Adds the pipe from which the output of the daemon with this index is read.
    pub fn add_output(&mut self, daemon: usize, output: PipeReader) {
        self.outputs.push((daemon, output));
    }

    /// Waits for a wakeup, at most for `limit`. Calls `handle_output` with the daemon's index and its output.
    pub fn wait_for_next(
        &mut self,
        claude: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
        handle_output: &mut dyn FnMut(usize, &[u8]),
    ) {
        let fds = [Some(self.signals.as_fd()), claude].into_iter().flatten();
        let fds: Vec<BorrowedFd<'_>> = fds.chain(self.outputs.iter().map(|(_, output)| output.as_fd())).collect();
        let mut polled: Vec<_> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        if poll(&mut polled, limit.as_ref()).is_err() {
            return;
        }
        let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut buffer = [0; 16 << 10];
        while ready[0] && self.signals.read(&mut buffer).is_ok_and(|count| count > 0) {}
        let mut outputs_ready = ready[ready.len() - self.outputs.len()..].iter();
        self.outputs.retain_mut(|(daemon, output)| {
            if outputs_ready.next() != Some(&true) {
                return true;
            }
            // The pipe is ready, so the read does not block. It returns 0 bytes at the end of the output.
            let count = output.read(&mut buffer).unwrap_or_default();
            if count > 0 {
                handle_output(*daemon, &buffer[..count]);
            }
            count > 0
        });
    }
}
