//! When sessions are refreshed although none of their files changed, and how many of them at once.
//!
//! A round refreshes some of the sessions, or all. It is done in slices, so that of very many sessions none keeps an event
//! waiting.

use std::time::{Duration, Instant};

/// How often a round starts. It finds processes that died, and registry entries that have settled.
const ROUND_INTERVAL: Duration = Duration::from_secs(1);

/// After the registry changed, the next round starts this long after the last one started.
const SOON_INTERVAL: Duration = Duration::from_millis(250);

/// How often a round refreshes all sessions, also those that time should not change. For example, a branch may have been
/// switched in the directory of a session that ended.
const FULL_INTERVAL: Duration = Duration::from_secs(60);

/// How long a slice of a round takes.
const SLICE_TIME: Duration = Duration::from_millis(1);

/// The pause after a slice.
const SLICE_PAUSE: Duration = Duration::from_millis(4);

/// The current round, and when the next one starts.
pub struct RefreshSchedule {
    /// The sessions that this round has not refreshed yet.
    remaining: Vec<String>,
    /// When the round started.
    started: Instant,
    /// When the next slice starts, or else the next round.
    next: Instant,
    next_full_round: Instant,
    /// Whether a round was requested that has not started yet.
    is_requested: bool,
}

impl RefreshSchedule {
    /// Returns the schedule before the first round.
    pub fn new(now: Instant) -> Self {
        let (next, next_full_round) = (now + ROUND_INTERVAL, now + FULL_INTERVAL);
        Self { remaining: Vec::new(), started: now, next, next_full_round, is_requested: false }
    }

    /// Returns how long there is nothing to do.
    pub fn wait_time(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Returns whether sessions of the current round remain, or a round was requested.
    pub fn has_round(&self) -> bool {
        !self.remaining.is_empty() || self.is_requested
    }

    /// Returns whether the next round must start.
    pub fn is_due(&self, now: Instant) -> bool {
        self.remaining.is_empty() && self.next <= now
    }

    /// Lets the next round start soon.
    pub fn request_round_soon(&mut self) {
        self.is_requested = true;
        if self.remaining.is_empty() {
            self.next = self.next.min(self.started + SOON_INTERVAL);
        }
    }

    /// Lets the next round refresh all sessions.
    pub fn request_full_round(&mut self) {
        self.next_full_round = self.started;
    }

    /// Returns whether the round that starts now refreshes all sessions, and plans the next round that does.
    pub fn take_full_round(&mut self, now: Instant) -> bool {
        let is_full = self.next_full_round <= now;
        if is_full {
            self.next_full_round = now + FULL_INTERVAL;
        }
        is_full
    }

    /// Starts a round of these sessions.
    pub fn start_round(&mut self, now: Instant, sessions: impl IntoIterator<Item = String>) {
        self.remaining = sessions.into_iter().collect();
        self.is_requested = false;
        (self.started, self.next) = (now, now);
    }

    /// Returns the next session of the slice that started at `slice_start`; `None` at the end of the slice.
    pub fn next_session(&mut self, slice_start: Instant) -> Option<String> {
        let has_time = self.next <= slice_start && slice_start.elapsed() < SLICE_TIME;
        if has_time { self.remaining.pop() } else { None }
    }

    /// Ends a slice, and the round if no session remains.
    pub fn finish_slice(&mut self, now: Instant) {
        self.next = if self.remaining.is_empty() { self.started + ROUND_INTERVAL } else { now + SLICE_PAUSE };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a change of the registry just after a round would be seen at the next change only.
    #[test]
    fn a_round_that_was_requested_is_not_forgotten() {
        let now = Instant::now();
        let mut schedule = RefreshSchedule::new(now);
        schedule.start_round(now, []);
        schedule.finish_slice(now);
        assert!(!schedule.has_round());
        schedule.request_round_soon();
        assert!(schedule.has_round() && !schedule.is_due(now) && schedule.is_due(now + SOON_INTERVAL));
        schedule.start_round(now + SOON_INTERVAL, []);
        assert!(!schedule.has_round());
    }
}
