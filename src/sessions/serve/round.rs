//! When to look at the sessions that time alone may change, and at how many of them at once.

use std::time::{Duration, Instant};

/// A process that died, or a registry that settled, is seen after this long.
const TICK: Duration = Duration::from_secs(1);

/// After the registry changed, it is looked at this long after the last time.
const SOON: Duration = Duration::from_millis(250);

/// What no time should change (a session that ended) is looked at this often all the same: a branch may be another one.
const ALL: Duration = Duration::from_secs(60);

/// A round takes this long at a time, and pauses for news: of very many sessions it keeps neither them nor others waiting.
const SLICE: Duration = Duration::from_millis(1);
const PAUSE: Duration = Duration::from_millis(4);

/// A look at many sessions.
pub struct Round {
    /// Who is still to be looked at.
    left: Vec<String>,
    is_over: bool,
    began: Instant,
    /// When there is something to do again: the next round, or the next piece of this one.
    next: Instant,
    next_of_all: Instant,
}

impl Round {
    /// Before the first round.
    pub fn new(now: Instant) -> Self {
        Self { left: Vec::new(), is_over: true, began: now, next: now + TICK, next_of_all: now + ALL }
    }

    /// How long nothing is to be done.
    pub fn wait(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Whether it is time to begin a round.
    pub fn is_due(&self, now: Instant) -> bool {
        self.is_over && self.next <= now
    }

    /// The next round is due soon.
    pub fn hasten(&mut self) {
        if self.is_over {
            self.next = self.next.min(self.began + SOON);
        }
    }

    /// The next round is of all sessions.
    pub fn widen(&mut self) {
        self.next_of_all = self.began;
    }

    /// Whether the round that begins now is of all sessions.
    pub fn is_of_all(&mut self, now: Instant) -> bool {
        let is_of_all = self.next_of_all <= now;
        if is_of_all {
            self.next_of_all = now + ALL;
        }
        is_of_all
    }

    /// Begins to look at these.
    pub fn begin(&mut self, now: Instant, sessions: impl IntoIterator<Item = String>) {
        self.left = sessions.into_iter().collect();
        (self.is_over, self.began, self.next) = (false, now, now);
    }

    /// Those to look at now: call it until it gives none.
    pub fn next(&mut self, since: Instant) -> Option<String> {
        let is_time = !self.is_over && self.next <= since && since.elapsed() < SLICE;
        if is_time { self.left.pop() } else { None }
    }

    /// Nothing more for now.
    pub fn rest(&mut self, now: Instant) {
        if !self.is_over {
            self.is_over = self.left.is_empty();
            self.next = if self.is_over { self.began + TICK } else { now + PAUSE };
        }
    }
}
