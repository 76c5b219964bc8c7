//! Waiting with a limit.

use std::thread;
use std::time::{Duration, Instant};

/// Calls `attempt` until it returns a value, and waits for `pause` after each call that returned none. Returns `None` if there was
/// no value within `limit`. `attempt` is called at least once.
pub fn wait_until<T>(limit: Duration, pause: Duration, mut attempt: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = attempt() {
            return Some(value);
        }
        if Instant::now() >= deadline {
            return None;
        }
        thread::sleep(pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_once_even_without_time_and_returns_the_first_value() {
        let mut attempts = 0;
        let mut attempt_until = |limit, needed| {
            attempts = 0;
            let found = wait_until(limit, Duration::ZERO, || {
                attempts += 1;
                (attempts >= needed).then_some(attempts)
            });
            (found, attempts)
        };
        assert_eq!(attempt_until(Duration::ZERO, 1), (Some(1), 1));
        assert_eq!(attempt_until(Duration::ZERO, 2), (None, 1));
        assert_eq!(attempt_until(Duration::from_secs(60), 3), (Some(3), 3));
    }
}
