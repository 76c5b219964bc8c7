//! Times of the realtime clock, and how signals spell them.

use core::num::NonZeroU64;

use crate::text::Name;

const SECOND: u64 = 1_000_000_000;

/// A time of the realtime clock, in nanoseconds since the Unix epoch, up to the year 2554.
///
/// It is one number, so that two times are compared by one instruction. That saves the hooks 1 KB. The earliest time is one
/// nanosecond after the epoch. It is never 0, so an `Option<Time>` needs no more room than a `Time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(NonZeroU64);

impl Default for Time {
    /// Returns the earliest time, one nanosecond after the epoch.
    fn default() -> Self {
        Self(NonZeroU64::MIN)
    }
}

/// A time as signals spell it: seconds since the epoch with nine digits of fraction, such as `1795246536.123456789`.
pub type Stamp = Name;

impl Time {
    /// Makes a time of seconds and nanoseconds since the epoch. A time out of range becomes the earliest or the latest time.
    #[must_use]
    pub fn new(seconds: i64, nanoseconds: u32) -> Self {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        Self::from_nanoseconds(seconds.saturating_mul(SECOND).saturating_add(nanoseconds.into()))
    }

    fn from_nanoseconds(nanoseconds: u64) -> Self {
        NonZeroU64::new(nanoseconds).map_or_else(Self::default, Self)
    }

    /// Returns the whole seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.get() / SECOND
    }

    /// Returns the nanoseconds within the second, below 1,000,000,000.
    #[must_use]
    pub fn nanoseconds(self) -> u32 {
        (self.0.get() % SECOND) as u32
    }

    /// Returns the nanoseconds since the epoch.
    #[must_use]
    pub fn to_nanoseconds(self) -> u64 {
        self.0.get()
    }

    /// Returns the time one nanosecond later.
    #[must_use]
    pub fn next_nanosecond(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns a value that orders times by age: the greater value is the newer time. A time after `now` counts as older than
    /// any other, because it was taken before the clock was set back.
    #[must_use]
    pub fn age_order(self, now: Self) -> (bool, Self) {
        (self <= now, self)
    }

    /// Formats the time as seconds with nine digits of fraction, as `date +%s.%N` does.
    #[must_use]
    pub fn to_stamp(self) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.push_decimal(self.seconds(), 1);
        stamp.push(b".");
        stamp.push_decimal(self.nanoseconds().into(), 9);
        stamp
    }

    /// Parses what [`Time::to_stamp`] writes; `None` for any other text.
    #[must_use]
    pub fn parse_stamp(stamp: &[u8]) -> Option<Self> {
        let dot = stamp.iter().position(|&byte| byte == b'.')?;
        let (seconds, fraction) = (&stamp[..dot], &stamp[dot + 1..]);
        let time = parse_decimal(seconds)?.checked_mul(SECOND)?.checked_add(parse_decimal(fraction)?)?;
        (fraction.len() == 9).then_some(Self::from_nanoseconds(time))
    }
}

/// Returns the value of 1 to 18 decimal digits; `None` for any other text.
#[must_use]
#[inline(never)]
pub fn parse_decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}
