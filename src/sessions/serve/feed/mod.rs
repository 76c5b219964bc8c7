//! The feed: the log of events, shared by the thread that writes it and the clients that read it.

pub mod event_log;
mod log_event;
pub mod log_reader;
mod stream_history;
mod superseded_events;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use event_log::EventLog;
use log_reader::LogReader;
pub use log_reader::{LogMessage, StartPosition, reader_too_slow};
pub use stream_history::StreamHistory;

/// The log, and the means to wait for its growth.
pub struct Feed {
    run: u64,
    log: Mutex<EventLog>,
    /// What the next run of the server must know; `None` until it was read.
    history: Mutex<Option<StreamHistory>>,
    grown: watch::Sender<()>,
    is_closed: AtomicBool,
}

impl Feed {
    /// Returns an empty log for this run of the server.
    pub fn new(run: u64) -> Self {
        let (log, history) = (Mutex::default(), Mutex::default());
        Self { run, log, history, grown: watch::Sender::new(()), is_closed: AtomicBool::new(false) }
    }

    /// Returns the number of this run of the server.
    pub fn run_id(&self) -> u64 {
        self.run
    }

    /// Returns the position of the newest event.
    pub fn tail_position(&self) -> u64 {
        self.lock_log().tail()
    }

    /// Starts to read what a client at this position does not know.
    pub fn start_batch(self: &Arc<Self>, from: StartPosition) -> Batch {
        Batch { reader: self.lock_log().start_reading(from), feed: Arc::clone(self) }
    }

    /// Appends the deletion of each session that earlier runs published and that does not exist any more. From now on, the
    /// history records every session that comes or goes.
    pub fn restore_history(&self, mut history: StreamHistory) {
        let mut log = self.lock_log();
        for session in history.sessions() {
            log.remove_session(session);
        }
        history.start_run(self.run, &log);
        drop(log);
        *lock_mutex(&self.history) = Some(history);
    }

    /// Appends the changes that are new, and wakes the clients that wait. A change is the id of a session, and its JSON; `None`
    /// if the session is gone.
    pub fn publish(&self, changes: impl IntoIterator<Item = (String, Option<String>)>) {
        let (mut log, mut history) = (self.lock_log(), lock_mutex(&self.history));
        let before = log.tail();
        for (session, value) in changes {
            let (existed, exists) = (log.has_session(&session), value.is_some());
            log.append(&session, value);
            if let Some(history) = history.as_mut().filter(|_| existed != exists) {
                history.record_session(&session, exists);
            }
        }
        let has_grown = log.tail() > before;
        if let Some(history) = history.as_mut().filter(|_| has_grown) {
            history.write(&log);
        }
        drop(log);
        if has_grown {
            self.grown.send_replace(());
        }
    }

    /// Returns a receiver that changes whenever the log has grown, and when the feed is closed.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }

    /// Tells the clients that the server ends and nothing more will come.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.grown.send_replace(());
    }

    /// Returns whether the server ends.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    fn lock_log(&self) -> MutexGuard<'_, EventLog> {
        lock_mutex(&self.log)
    }
}

/// The messages for one client, from where it is to the end that the log had when the batch was started.
pub struct Batch {
    feed: Arc<Feed>,
    reader: LogReader,
}

impl Batch {
    /// Returns the position of the client after the batch.
    pub fn tail(&self) -> u64 {
        self.reader.tail()
    }

    /// Returns whether no message is left.
    pub fn is_finished(&self) -> bool {
        self.feed.lock_log().is_finished(&self.reader)
    }

    /// Returns the next message; `None` at the end.
    ///
    /// # Errors
    /// If the client is so slow that the log has dropped an event that this batch still needs.
    pub fn next_message(&mut self) -> io::Result<Option<LogMessage>> {
        self.feed.lock_log().next_message(&mut self.reader)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.feed.lock_log().end_reading(&self.reader);
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
