//! Cursors of the Durable Streams protocol. A client sends its cursor back with its next request, so that a cache between
//! the two does not answer that request with an old answer.

use std::time::{Duration, SystemTime};

/// The time from which intervals are counted, 2024-10-09, in seconds since 1970.
const EPOCH: Duration = Duration::from_secs(1_728_432_000);

/// The length of an interval in seconds.
const INTERVAL: u64 = 20;

/// The largest step from a client's cursor to the next one.
const MAX_STEP: u32 = 180;

/// Returns the number of the interval in which `now` is. If the client's cursor is not smaller than that, returns a number
/// that is a little larger than the client's. The cursor has decimal digits, of any length.
pub fn next_cursor(now: SystemTime, client_cursor: Option<&str>) -> String {
    let elapsed = now.duration_since(SystemTime::UNIX_EPOCH + EPOCH).unwrap_or_default();
    let current = (elapsed.as_secs() / INTERVAL).to_string();
    let is_number = |cursor: &&str| !cursor.is_empty() && cursor.bytes().all(|byte| byte.is_ascii_digit());
    let client_cursor = client_cursor.filter(is_number).map(|cursor| cursor.trim_start_matches('0'));
    // Numbers without leading zeros compare by their length, then by their digits.
    match client_cursor.filter(|cursor| (cursor.len(), *cursor) >= (current.len(), &*current)) {
        Some(cursor) => add_decimal(cursor, 1 + elapsed.subsec_micros() % MAX_STEP),
        None => current,
    }
}

/// Adds a number to a decimal number of any length.
fn add_decimal(digits: &str, summand: u32) -> String {
    let mut carry = summand;
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
