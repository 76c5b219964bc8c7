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
