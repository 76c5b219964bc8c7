//! The log, between the thread that writes it and those who read it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use super::log::{Batch, Log};

/// What is said of one session: its id, and its JSON unless it is gone.
pub type Said = (String, Option<String>);

/// The log, and who waits for it.
pub struct Feed {
    run: u64,
    log: Mutex<Log>,
    grown: watch::Sender<()>,
    is_closed: AtomicBool,
}

impl Feed {
    /// An empty log of a server that was started at `now`.
    pub fn new(now: SystemTime) -> Self {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let run = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Self { run, log: Mutex::default(), grown: watch::Sender::new(()), is_closed: AtomicBool::new(false) }
    }

    /// Which run of the server this is.
    pub fn run(&self) -> u64 {
        self.run
    }

    /// Where the log ends.
    pub fn tail(&self) -> u64 {
        self.log().tail()
    }

    /// As [`Log::read`].
    pub fn read(&self, position: Option<u64>) -> Option<Batch> {
        self.log().read(position)
    }

    /// Appends what is new of this, and wakes who waits.
    pub fn publish(&self, said: impl IntoIterator<Item = Said>) {
        let mut log = self.log();
        let before = log.tail();
        for (session, value) in said {
            log.append(&session, value.as_deref());
        }
        let has_grown = log.tail() > before;
        drop(log);
        if has_grown {
            self.grown.send_replace(());
        }
    }

    /// Wakes whenever the log has grown, or is closed.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// Nothing more will come: the server ends.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.grown.send_replace(());
    }

    /// Whether the server ends.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
