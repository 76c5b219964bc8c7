//! Sessions whose signals are deleted together with very many others, as a program that cleans up does it. They are read
//! again together, once the deletion pauses: a read for each would slow the deletion down.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How many sessions in a window are read again one by one.
const MAX_SINGLE: u32 = 16;
const WINDOW: Duration = Duration::from_millis(50);

/// The other sessions are read again when no signal was deleted for this long.
const QUIET_TIME: Duration = Duration::from_millis(20);

/// The longest that a session waits.
const MAX_DELAY: Duration = Duration::from_millis(250);

/// The sessions that wait to be read again.
pub struct MassRemoval {
    sessions: BTreeSet<String>,
    /// When the first of them was added.
    first: Instant,
    /// When the last of them was added.
    last: Instant,
    /// When the current window began.
    window: Instant,
    /// How many signals were deleted in the current window.
    count: u32,
}

impl MassRemoval {
    /// Starts without a session.
    pub fn new(now: Instant) -> Self {
        Self { sessions: BTreeSet::new(), first: now, last: now, window: now, count: 0 }
    }

    /// Adds a session if very many are removed now. Otherwise returns the session; then it must be read again at once.
    pub fn add_session(&mut self, session: String, now: Instant) -> Option<String> {
        if now.duration_since(self.window) >= WINDOW {
            (self.window, self.count) = (now, 0);
        }
        self.count += 1;
        if self.count <= MAX_SINGLE && self.is_empty() {
            return Some(session);
        }
        if self.is_empty() {
            self.first = now;
        }
        self.last = now;
        self.sessions.insert(session);
        None
    }

    /// Returns whether no session waits.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Returns how long the sessions still wait; the longest duration if there is none.
    pub fn wait_time(&self, now: Instant) -> Duration {
        if self.is_empty() {
            return Duration::MAX;
        }
        (self.last + QUIET_TIME).min(self.first + MAX_DELAY).saturating_duration_since(now)
    }

    /// Takes the sessions out, if they have waited long enough.
    pub fn take_due(&mut self, now: Instant) -> BTreeSet<String> {
        if self.wait_time(now).is_zero() { std::mem::take(&mut self.sessions) } else { BTreeSet::new() }
    }
}
