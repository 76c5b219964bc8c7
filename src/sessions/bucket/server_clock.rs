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

    /// Returns the age that an entry has now which the server took at this time. Zero if the time is still to come.
    pub fn age_of(&self, created: i128) -> Duration {
        let age = self.server.saturating_sub(created).saturating_add_unsigned(self.here.elapsed().as_nanos());
        Duration::from_nanos(u64::try_from(age.max(0)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
