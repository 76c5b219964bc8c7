//! Sessions whose signals are deleted very many at once, as a clean-up does: they are looked at together, once it rests.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// So many a window are looked at as they come.
const MAX_SINGLE: u32 = 16;
const WINDOW: Duration = Duration::from_millis(50);

/// The others are looked at when nothing has gone for so long, or after so long at most.
const QUIET_TIME: Duration = Duration::from_millis(20);
const MAX_DELAY: Duration = Duration::from_millis(250);

/// Who waits to be looked at.
pub struct MassRemoval {
    sessions: BTreeSet<String>,
    /// When the first of them came, and the last.
    first: Instant,
    last: Instant,
    /// When this window began, and how many went in it.
    window: Instant,
    count: u32,
}

impl MassRemoval {
    /// Nobody.
    pub fn new(now: Instant) -> Self {
        Self { sessions: BTreeSet::new(), first: now, last: now, window: now, count: 0 }
    }

    /// Takes in one of many; gives back one of few, to be looked at now.
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

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// How long until they are to be looked at; for ever, where there is nobody.
    pub fn wait_time(&self, now: Instant) -> Duration {
        if self.is_empty() {
            return Duration::MAX;
        }
        (self.last + QUIET_TIME).min(self.first + MAX_DELAY).saturating_duration_since(now)
    }

    /// Those to look at now.
    pub fn take_due(&mut self, now: Instant) -> BTreeSet<String> {
        if self.wait_time(now).is_zero() { std::mem::take(&mut self.sessions) } else { BTreeSet::new() }
    }
}
