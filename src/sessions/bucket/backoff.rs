//! The pauses between attempts.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// How much longer each pause is than the one before. With a tenth, a pause is a tenth of all pauses before it: whoever was cut off for
/// ten seconds is back within a second.
const GROWTH: f64 = 1.1;

/// The pauses if the server does not accept this machine. Checking a password costs the server some work.
const FIRST_IF_REFUSED: Duration = Duration::from_secs(1);
const LONGEST_IF_REFUSED: Duration = Duration::from_secs(15);

/// Pauses that become longer, each by a random part shorter, so that machines that were cut off together do not come back together.
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
    next_if_refused: Duration,
}

impl Backoff {
    /// Returns pauses that begin with this one and grow until they are this long.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first, next_if_refused: FIRST_IF_REFUSED }
    }

    /// Returns the next pause.
    pub fn next_pause(&mut self) -> Duration {
        self.next_if_refused = FIRST_IF_REFUSED;
        take_pause(&mut self.next, self.longest)
    }

    /// Returns the next pause if the server does not accept this machine.
    pub fn next_pause_if_refused(&mut self) -> Duration {
        take_pause(&mut self.next_if_refused, LONGEST_IF_REFUSED)
    }

    /// Begins again with the first pause.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Returns a pause of this length or a random part shorter, and lets the next one be longer.
fn take_pause(next: &mut Duration, longest: Duration) -> Duration {
    let pause = *next;
    *next = longest.min(pause.mul_f64(GROWTH));
    pause.mul_f64(0.5 + random_fraction() / 2.0)
}

/// Returns a number from 0 to 1.
pub fn random_fraction() -> f64 {
    // Each state has keys of its own, which the system has drawn.
    let random = RandomState::new().hash_one(0);
    f64::from(u32::try_from(random >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_to_the_longest_one_and_differ() {
        let second = Duration::from_secs(1);
        let mut backoff = Backoff::new(second, 8 * second);
        let pauses: Vec<_> = (0..30).map(|_| backoff.next_pause()).collect();
        let mut whole = second;
        for pause in &pauses {
            assert!(*pause >= whole / 2 && *pause <= whole, "{whole:?}: {pauses:?}");
            whole = whole.mul_f64(GROWTH).min(8 * second);
        }
        assert_eq!(whole, 8 * second);
        assert_ne!(pauses[28], pauses[29]);
        backoff.reset();
        assert!(backoff.next_pause() <= second);
    }
}
