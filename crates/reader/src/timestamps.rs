//! Times from files that other programs wrote. Such a time may have any value.

use std::fmt;
use std::time::{Duration, SystemTime};

use session_signals_protocol::time::Time;

/// The latest time that RFC 3339 can write, counted from the Unix epoch: the end of the year 9999.
const LATEST: Duration = Duration::new(253_402_300_799, 999_999_999);

/// Returns the time that is this long after the Unix epoch. `None` if RFC 3339 cannot write it.
pub fn after_epoch(duration: Duration) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(duration).filter(|_| duration <= LATEST)
}

/// Writes a time in RFC 3339, in UTC and with milliseconds. A time before 1970 or after 9999 becomes the nearest one in between.
#[must_use]
pub fn format_rfc3339(time: SystemTime) -> impl fmt::Display {
    // The formatter panics before 1970 and fails after 9999, and one odd time must not end the program.
    humantime::format_rfc3339_millis(clamp_to_rfc3339(time))
}

/// Returns the time, or the nearest time that RFC 3339 can write and that is not before 1970.
pub fn clamp_to_rfc3339(time: SystemTime) -> SystemTime {
    let after = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + after.min(LATEST)
}

/// Returns the time as the hooks' code takes it.
pub fn to_hook_time(time: SystemTime) -> Time {
    let after = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(after.as_secs().cast_signed(), after.subsec_nanos())
}
