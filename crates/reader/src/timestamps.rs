//! Moments as somebody else's files say them: any at all.

use std::time::{Duration, SystemTime};

use session_signals_protocol::time::Time;

/// How long after 1970 the last moment is that RFC 3339 can write: the end of 9999.
const LAST: Duration = Duration::new(253_402_300_799, 999_999_999);

/// So long after 1970; `None` where RFC 3339 cannot write it.
pub fn after_epoch(duration: Duration) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(duration).filter(|_| duration <= LAST)
}

/// The moment, or the nearest that RFC 3339 can write.
pub fn clamp_to_rfc3339(time: SystemTime) -> SystemTime {
    let after = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + after.min(LAST)
}

/// The moment as the hooks have it.
pub fn to_hook_time(moment: SystemTime) -> Time {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time::new(since.as_secs().cast_signed(), since.subsec_nanos())
}
