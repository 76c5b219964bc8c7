//! A moment on the realtime clock, and how a signal spells it.

use crate::text::Text;

/// A moment: seconds and nanoseconds since the Unix epoch. Ordered as time is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Whole seconds since the epoch.
    pub seconds: i64,
    /// Nanoseconds within the second, below 1,000,000,000.
    pub nanoseconds: u32,
}

/// `1795246536.123456789`: longer only after the year 2286.
pub type Stamp = Text<32>;

impl Time {
    /// Seconds with nine digits of fraction, as `date +%s.%N` writes them.
    #[must_use]
    pub fn stamp(self) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.push_decimal(self.seconds.unsigned_abs(), 1);
        stamp.push(b".");
        stamp.push_decimal(self.nanoseconds.into(), 9);
        stamp
    }

    /// Whether `now` is less than so many milliseconds (below 1,000) later, and no earlier.
    #[must_use]
    pub fn is_within(self, milliseconds: u32, now: Self) -> bool {
        let mut end = Self { nanoseconds: self.nanoseconds + milliseconds * 1_000_000, ..self };
        if end.nanoseconds >= 1_000_000_000 {
            end = Self { seconds: end.seconds + 1, nanoseconds: end.nanoseconds - 1_000_000_000 };
        }
        self <= now && now < end
    }

    /// The moment that [`Time::stamp`] wrote; `None` for any other text.
    #[must_use]
    pub fn from_stamp(stamp: &[u8]) -> Option<Self> {
        let dot = stamp.iter().position(|&byte| byte == b'.')?;
        let (seconds, fraction) = (&stamp[..dot], &stamp[dot + 1..]);
        let nanoseconds = u32::try_from(decimal(fraction)?).ok()?;
        let seconds = i64::try_from(decimal(seconds)?).ok()?;
        (fraction.len() == 9).then_some(Self { seconds, nanoseconds })
    }
}

/// The value of 1 to 18 decimal digits; `None` for any other text.
#[must_use]
#[inline(never)]
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')))
}
