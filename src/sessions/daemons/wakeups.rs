//! What a guard waits for: a signal, the end of the CLI, something printed.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

/// Where it all comes in.
pub struct Wakeups {
    /// Readable after a signal.
    signals: UnixStream,
    told_to_end: Arc<AtomicBool>,
    /// What daemons print, by their places; a run that ended may have left somebody who prints on.
    pipes: Vec<(usize, PipeReader)>,
}

impl Wakeups {
    /// From now on signals are news, and end nobody.
    ///
    /// # Errors
    /// Where the system has no more descriptors.
    pub fn new() -> io::Result<Self> {
        let (signals, sender) = UnixStream::pair()?;
        signals.set_nonblocking(true)?;
        let told_to_end = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&told_to_end))?;
        }
        for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, sender.try_clone()?)?;
        }
        Ok(Self { signals, told_to_end, pipes: Vec::new() })
    }

    /// Whether a signal has said that it is time.
    pub fn is_asked_to_end(&self) -> bool {
        self.told_to_end.load(Ordering::Relaxed)
    }

    /// What the daemon at this place prints comes out of the pipe.
    pub fn add_output(&mut self, daemon: usize, pipe: PipeReader) {
        self.pipes.push((daemon, pipe));
    }

    /// Waits for any of it, at most so long; `printed` gets the daemon's place and what it printed.
    pub fn wait_for_next(
        &mut self,
        claude: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
        printed: &mut dyn FnMut(usize, &[u8]),
    ) {
        let fds = [Some(self.signals.as_fd()), claude].into_iter().flatten();
        let fds: Vec<BorrowedFd<'_>> = fds.chain(self.pipes.iter().map(|(_, pipe)| pipe.as_fd())).collect();
        let mut polled: Vec<_> = fds.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        if poll(&mut polled, limit.as_ref()).is_err() {
            return;
        }
        let ready: Vec<bool> = polled.iter().map(|fd| !fd.revents().is_empty()).collect();
        let mut buffer = [0; 16 << 10];
        while ready[0] && self.signals.read(&mut buffer).is_ok_and(|count| count > 0) {}
        let mut is_ready = ready[ready.len() - self.pipes.len()..].iter();
        self.pipes.retain_mut(|(daemon, pipe)| {
            if is_ready.next() != Some(&true) {
                return true;
            }
            // Ready, so it does not wait; nothing more at its end.
            let count = pipe.read(&mut buffer).unwrap_or_default();
            if count > 0 {
                printed(*daemon, &buffer[..count]);
            }
            count > 0
        });
    }
}
