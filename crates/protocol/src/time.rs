//! A moment on the realtime clock, and how a signal spells it.

use core::num::NonZeroU64;

use crate::text::Name;

const SECOND: u64 = 1_000_000_000;

/// A moment: nanoseconds since the Unix epoch, up to the year 2554. Ordered as time is. One number, so that to compare two
/// takes one instruction: that saves the hooks 1 KB.
///
/// The earliest moment is one nanosecond after the epoch, and never 0: so none takes no room of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(NonZeroU64);

impl Default for Time {
    /// The earliest moment.
    fn default() -> Self {
        Self(NonZeroU64::MIN)
    }
}

/// `1795246536.123456789`: longer only after the year 2286.
pub type Stamp = Name;

impl Time {
    /// So many seconds and nanoseconds after the epoch; where that is too early or too late to be said, the earliest or the
    /// latest moment that can.
    #[must_use]
    pub fn new(seconds: i64, nanoseconds: u32) -> Self {
        let seconds = u64::try_from(seconds).unwrap_or_default();
        Self::from_nanoseconds(seconds.saturating_mul(SECOND).saturating_add(nanoseconds.into()))
    }

    fn from_nanoseconds(nanoseconds: u64) -> Self {
        NonZeroU64::new(nanoseconds).map_or_else(Self::default, Self)
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.get() / SECOND
    }

    /// Nanoseconds within the second, below 1,000,000,000.
    #[must_use]
    pub fn nanoseconds(self) -> u32 {
        (self.0.get() % SECOND) as u32
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn to_nanoseconds(self) -> u64 {
        self.0.get()
    }

    /// One nanosecond later.
    #[must_use]
    pub fn next_nanosecond(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Orders times by age: the greater value is the newer time. A time after `now` is older than any other, because the clock
    /// stepped back.
    #[must_use]
    pub fn age_order(self, now: Self) -> (bool, Self) {
        (self <= now, self)
    }

    /// Seconds with nine digits of fraction, as `date +%s.%N` writes them.
    #[must_use]
    pub fn to_stamp(self) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.push_decimal(self.seconds(), 1);
        stamp.push(b".");
        stamp.push_decimal(self.nanoseconds().into(), 9);
        stamp
    }

    /// The moment that [`Time::stamp`] wrote; `None` for any other text.
    #[must_use]
    pub fn parse_stamp(stamp: &[u8]) -> Option<Self> {
        let dot = stamp.iter().position(|&byte| byte == b'.')?;
        let (seconds, fraction) = (&stamp[..dot], &stamp[dot + 1..]);
        let time = parse_decimal(seconds)?.checked_mul(SECOND)?.checked_add(parse_decimal(fraction)?)?;
        (fraction.len() == 9).then_some(Self::from_nanoseconds(time))
    }
}

/// The value of 1 to 18 decimal digits; `None` for any other text.
#[must_use]
#[inline(never)]
pub fn parse_decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}
