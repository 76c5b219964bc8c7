//! The sessions whose conversations are read later, and when.
//!
//! Only sessions that have ended wait here. They are read in slices between the events and the rounds, so that very many of them
//! keep nothing else waiting.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a slice takes. The last conversation of a slice may take longer.
const SLICE_TIME: Duration = Duration::from_millis(2);

/// The pause after a slice, so that the backlog takes at most about half of one processor.
const SLICE_PAUSE: Duration = Duration::from_millis(2);

/// The sessions that wait, and when the next slice starts.
pub struct ConversationBacklog {
    sessions: VecDeque<String>,
    next: Instant,
}

impl ConversationBacklog {
    /// Starts without a session.
    pub fn new(now: Instant) -> Self {
        Self { sessions: VecDeque::new(), next: now }
    }

    /// Adds a session as the last one.
    pub fn add_last(&mut self, session: &str) {
        self.sessions.push_back(session.to_owned());
    }

    /// Adds a session as the first one.
    pub fn add_first(&mut self, session: &str) {
        self.sessions.push_front(session.to_owned());
    }

    /// Returns how long there is nothing to do; `None` if no session waits.
    pub fn wait_time(&self, now: Instant) -> Option<Duration> {
        (!self.sessions.is_empty()).then(|| self.next.saturating_duration_since(now))
    }

    /// Takes out the next session of the slice that started at `slice_start`; `None` at the end of the slice.
    pub fn next_session(&mut self, slice_start: Instant) -> Option<String> {
        let has_time = self.next <= slice_start && slice_start.elapsed() < SLICE_TIME;
        if has_time { self.sessions.pop_front() } else { None }
    }

    /// Ends a slice.
    pub fn finish_slice(&mut self, now: Instant) {
        self.next = now + SLICE_PAUSE;
        if self.sessions.is_empty() {
            // A backlog of very many sessions took much memory.
            self.sessions.shrink_to_fit();
        }
    }
}
