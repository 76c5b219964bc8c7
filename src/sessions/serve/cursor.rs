//! Cursors of the Durable Streams protocol: they keep a cache between from answering the same for ever.

use std::time::{Duration, SystemTime};

/// 2024-10-09, from which intervals are counted, in seconds since 1970.
const EPOCH: Duration = Duration::from_secs(1_728_432_000);

/// How long an interval is, in seconds.
const INTERVAL: u64 = 20;

/// The number of the interval that `now` is in; or one beyond the client's, where that is as new. What it gives is never
/// less than what the client has, however large that is.
pub fn next_cursor(now: SystemTime, of_client: Option<&str>) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH + EPOCH).unwrap_or_default();
    let current = (since.as_secs() / INTERVAL).to_string();
    let is_number = |cursor: &&str| !cursor.is_empty() && cursor.bytes().all(|byte| byte.is_ascii_digit());
    let of_client = of_client.filter(is_number).map(|cursor| cursor.trim_start_matches('0'));
    // By length, then by digits: as numbers compare.
    match of_client.filter(|cursor| (cursor.len(), *cursor) >= (current.len(), &*current)) {
        Some(cursor) => add_decimal(cursor, 1 + since.subsec_micros() % 180),
        None => current,
    }
}

/// A number of any length, and one more.
fn add_decimal(digits: &str, more: u32) -> String {
    let mut carry = more;
    let mut sum: Vec<char> = Vec::new();
    for digit in digits.chars().rev() {
        carry += digit.to_digit(10).unwrap_or_default();
        sum.extend(char::from_digit(carry % 10, 10));
        carry /= 10;
    }
    while carry > 0 {
        sum.extend(char::from_digit(carry % 10, 10));
        carry /= 10;
    }
    sum.into_iter().rev().collect()
}
