//! The clock of the server, which alone tells how old an entry of the bucket is.

use std::time::{Duration, Instant};

/// What time it is on the server. No other machine's clock is trusted, and neither is the clock of this one: it only tells how much
/// time has passed.
#[derive(Clone, Copy, Debug)]
pub struct ServerClock {
    /// Nanoseconds since 1970.
    server: i128,
    here: Instant,
}

impl ServerClock {
    /// Takes the time that the server has named in an answer which came now.
    pub fn new(server: i128) -> Self {
        Self { server, here: Instant::now() }
    }

    /// Goes on from the time at which the server took an entry, if this clock is behind it. The time that has passed here does not count
    /// how long this machine has slept. Without this, everything would look younger by that sleep until the next connection, and a short
    /// sleep does not break a connection.
    pub fn catch_up_with(&mut self, created: i128) {
        if created > self.now() {
            *self = Self::new(created);
        }
    }

    /// Returns the age that an entry has now which the server took at this time. Zero if the time is still to come.
    pub fn age_of(&self, created: i128) -> Duration {
        let age = self.now().saturating_sub(created);
        Duration::from_nanos(u64::try_from(age.max(0)).unwrap_or(u64::MAX))
    }

    /// Returns the nanoseconds since 1970 on the server.
    fn now(&self) -> i128 {
        self.server.saturating_add_unsigned(self.here.elapsed().as_nanos())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_has_slept_goes_on_from_the_newest_entry() {
        let mut clock = ServerClock::new(1_000_000_000_000);
        clock.catch_up_with(1_090_000_000_000);
        assert!(clock.age_of(1_000_000_000_000) >= Duration::from_secs(90));
        // An older entry says nothing: it may have waited on its way.
        clock.catch_up_with(1_010_000_000_000);
        assert!(clock.age_of(1_000_000_000_000) >= Duration::from_secs(90));
    }

    #[test]
    fn the_age_is_that_on_the_server_and_grows() {
        let clock = ServerClock::new(1_000_000_000_000);
        let age = clock.age_of(990_000_000_000);
        assert!(age >= Duration::from_secs(10) && age < Duration::from_secs(11), "{age:?}");
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.age_of(990_000_000_000) > age);
        assert_eq!(clock.age_of(2_000_000_000_000), Duration::ZERO);
        assert_eq!(clock.age_of(i128::MIN), Duration::from_nanos(u64::MAX));
    }
}
