//! The log, between the thread that writes it and those who read it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::event_log::{EventLog, LogMessage, LogReader, StartPosition};
use super::stream_history::StreamHistory;

/// What is said of one session: its id, and its JSON unless it is gone.
pub type SessionChange = (String, Option<String>);

/// The log, and who waits for it.
pub struct Feed {
    run: u64,
    log: Mutex<EventLog>,
    /// What the next run of the server has to know.
    told: Mutex<Option<StreamHistory>>,
    grown: watch::Sender<()>,
    is_closed: AtomicBool,
}

impl Feed {
    /// An empty log of this run of the server.
    pub fn new(run: u64) -> Self {
        let (log, told) = (Mutex::default(), Mutex::default());
        Self { run, log, told, grown: watch::Sender::new(()), is_closed: AtomicBool::new(false) }
    }

    /// Which run of the server this is.
    pub fn run_id(&self) -> u64 {
        self.run
    }

    /// Where the log ends.
    pub fn tail_position(&self) -> u64 {
        self.lock_log().tail()
    }

    /// What a reader from there has to be told.
    pub fn start_batch(self: &Arc<Self>, from: StartPosition) -> Batch {
        Batch { reading: self.lock_log().start_reading(from), feed: Arc::clone(self) }
    }

    /// Says what is gone of that which earlier runs told; from now on what comes and goes is noted for the next one.
    pub fn restore_history(&self, mut told: StreamHistory) {
        let mut log = self.lock_log();
        for session in told.sessions() {
            log.remove_session(session);
        }
        told.start_run(self.run, &log);
        drop(log);
        *lock_mutex(&self.told) = Some(told);
    }

    /// Appends what is new of this, and wakes who waits.
    pub fn publish(&self, said: impl IntoIterator<Item = SessionChange>) {
        let (mut log, mut told) = (self.lock_log(), lock_mutex(&self.told));
        let before = log.tail();
        for (session, value) in said {
            let (was, is) = (log.has_session(&session), value.is_some());
            log.append(&session, value);
            if let Some(told) = told.as_mut().filter(|_| was != is) {
                told.note_session(&session, is);
            }
        }
        let has_grown = log.tail() > before;
        if let Some(told) = told.as_mut().filter(|_| has_grown) {
            told.write(self.run, &log);
        }
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

    fn lock_log(&self) -> MutexGuard<'_, EventLog> {
        lock_mutex(&self.log)
    }
}

/// What a reader has to be told, one after the other.
pub struct Batch {
    feed: Arc<Feed>,
    reading: LogReader,
}

impl Batch {
    /// Where the reader is after that.
    pub fn tail(&self) -> u64 {
        self.reading.tail()
    }

    /// Whether there is no more.
    pub fn is_finished(&self) -> bool {
        self.feed.lock_log().is_finished(&self.reading)
    }

    /// What is next.
    ///
    /// # Errors
    /// As for [`Log::next`].
    pub fn next(&mut self) -> io::Result<Option<LogMessage>> {
        self.feed.lock_log().next_message(&mut self.reading)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.feed.lock_log().end_reading(&self.reading);
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
