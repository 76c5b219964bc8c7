//! When to look at the sessions that time alone may change, and at how many of them at once.

use std::time::{Duration, Instant};

/// A process that died, or a registry that settled, is seen after this long.
const ROUND_INTERVAL: Duration = Duration::from_secs(1);

/// After the registry changed, it is looked at this long after the last time.
const SOON_INTERVAL: Duration = Duration::from_millis(250);

/// What no time should change (a session that ended) is looked at this often all the same: a branch may be another one.
const FULL_INTERVAL: Duration = Duration::from_secs(60);

/// A round takes this long at a time, and pauses for news: of very many sessions it keeps neither them nor others waiting.
const SLICE_TIME: Duration = Duration::from_millis(1);
const SLICE_PAUSE: Duration = Duration::from_millis(4);

/// A look at many sessions.
pub struct RefreshRound {
    /// Who is still to be looked at.
    left: Vec<String>,
    is_over: bool,
    began: Instant,
    /// When there is something to do again: the next round, or the next piece of this one.
    next: Instant,
    next_of_all: Instant,
}

impl RefreshRound {
    /// Before the first round.
    pub fn new(now: Instant) -> Self {
        Self {
            left: Vec::new(),
            is_over: true,
            began: now,
            next: now + ROUND_INTERVAL,
            next_of_all: now + FULL_INTERVAL,
        }
    }

    /// How long nothing is to be done.
    pub fn wait_time(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Whether it is time to begin a round.
    pub fn is_due(&self, now: Instant) -> bool {
        self.is_over && self.next <= now
    }

    /// The next round is due soon.
    pub fn refresh_soon(&mut self) {
        if self.is_over {
            self.next = self.next.min(self.began + SOON_INTERVAL);
        }
    }

    /// The next round is of all sessions.
    pub fn slow_down(&mut self) {
        self.next_of_all = self.began;
    }

    /// Whether the round that begins now is of all sessions.
    pub fn is_full_round(&mut self, now: Instant) -> bool {
        let is_of_all = self.next_of_all <= now;
        if is_of_all {
            self.next_of_all = now + FULL_INTERVAL;
        }
        is_of_all
    }

    /// Begins to look at these.
    pub fn start(&mut self, now: Instant, sessions: impl IntoIterator<Item = String>) {
        self.left = sessions.into_iter().collect();
        (self.is_over, self.began, self.next) = (false, now, now);
    }

    /// Those to look at now: call it until it gives none.
    pub fn next_session(&mut self, since: Instant) -> Option<String> {
        let is_time = !self.is_over && self.next <= since && since.elapsed() < SLICE_TIME;
        if is_time { self.left.pop() } else { None }
    }

    /// Nothing more for now.
    pub fn finish(&mut self, now: Instant) {
        if !self.is_over {
            self.is_over = self.left.is_empty();
            self.next = if self.is_over { self.began + ROUND_INTERVAL } else { now + SLICE_PAUSE };
        }
    }
}
