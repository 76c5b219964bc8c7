//! Cursors of the Durable Streams protocol: they keep a cache between from answering the same for ever.

use std::time::{Duration, SystemTime};

/// 2024-10-09, from which intervals are counted, in seconds since 1970.
const EPOCH: Duration = Duration::from_secs(1_728_432_000);

/// How long an interval is, in seconds.
const INTERVAL: u64 = 20;

/// The number of the interval that `now` is in; or one beyond the client's, where that is as new.
pub fn next(now: SystemTime, of_client: Option<&str>) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH + EPOCH).unwrap_or_default();
    let current = since.as_secs() / INTERVAL;
    let beyond = |cursor: u64| cursor.checked_add(1 + u64::from(since.subsec_micros()) % 180);
    let of_client = of_client.and_then(|cursor| cursor.parse().ok()).filter(|cursor| *cursor >= current);
    of_client.and_then(beyond).unwrap_or(current).to_string()
}
