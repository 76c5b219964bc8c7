//! One signal, as it was read.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use session_signals_protocol::SignalKind;
use session_signals_protocol::signal_format::SIGNAL_FORMAT;
use session_signals_protocol::time::Time;

use crate::signal_members::SignalMembers;
use crate::signal_stamps::SignalStamps;
use crate::timestamps;

/// The newest version of the signal format that this library understands. A signal without the member `signal_format` has
/// the version 1.
pub const NEWEST_SIGNAL_FORMAT: u64 = SIGNAL_FORMAT as u64;

/// What a reader needs of one signal.
#[derive(Clone, Debug)]
pub struct Signal {
    /// When its event happened: the modification time of the file.
    pub time: SystemTime,
    /// Since when the session does what the signal says: the stamp in the file, or else [`time`](Self::time).
    pub since: SystemTime,
    /// The members of the file.
    pub members: SignalMembers,
}

impl Signal {
    /// Parses the text of a signal file that was modified at `modified`.
    ///
    /// # Errors
    /// [`SignalError::Malformed`] if the text is not a JSON object, and [`SignalError::UnknownFormat`] if the signal has a
    /// format that this library does not know.
    pub fn parse(text: &[u8], modified: SystemTime, kind: SignalKind) -> Result<Arc<Self>, SignalError> {
        // serde takes an array for a struct whose members are all optional.
        let text = text.trim_ascii_start();
        let object = text.starts_with(b"{").then_some(text).ok_or(SignalError::Malformed)?;
        let stamps: SignalStamps = serde_json::from_slice(object).map_err(|_| SignalError::Malformed)?;
        if let Some(format) = stamps.signal_format.as_ref().filter(|format| !is_known_format(format)) {
            return Err(SignalError::UnknownFormat(format.to_string()));
        }
        let members: SignalMembers = serde_json::from_slice(object).map_err(|_| SignalError::Malformed)?;
        let time = timestamps::clamp_to_rfc3339(modified);
        let since = stamps.of_kind(kind).and_then(parse_stamp).unwrap_or(time);
        Ok(Arc::new(Self { time, since, members }))
    }

    /// Orders signals by age: the greater value is the newer signal. A signal with a time after `now` is older than any other,
    /// because the clock stepped back. The hooks order by the same rule.
    #[must_use]
    pub fn age_order(&self, now: SystemTime) -> impl Ord + use<> {
        timestamps::to_hook_time(self.time).age_order(timestamps::to_hook_time(now))
    }

    /// Returns whether a call of a subagent or of a teammate waits.
    #[must_use]
    pub fn asks_for_subagent(&self) -> bool {
        let calls = self.members.pending.as_deref().unwrap_or_default();
        calls.iter().any(|call| call.agent_id.is_some())
    }

    /// Returns when the newest of the calls that wait was made. The file may be newer, because the result of another call
    /// changes it, too. A time after `now` does not count.
    #[must_use]
    pub fn newest_call_at(&self, now: SystemTime) -> SystemTime {
        let calls = self.members.pending.iter().flatten().filter_map(|call| parse_stamp(&call.pending_since));
        let is_past = |time: &SystemTime| *time <= now;
        calls.filter(is_past).max().unwrap_or(Some(self.since).filter(is_past).unwrap_or(self.time))
    }
}

/// Why the content of a signal cannot be used.
#[derive(Debug)]
pub enum SignalError {
    /// The file could not be read, or is not a regular file, or is larger than
    /// [`MAX_SIGNAL_LEN`](crate::MAX_SIGNAL_LEN) bytes.
    Io(io::Error),
    /// The file does not hold a JSON object.
    Malformed,
    /// The signal has a `signal_format` that this library does not know: the value of the member, as JSON. A newer version of
    /// session-signals wrote it.
    UnknownFormat(String),
}

impl fmt::Display for SignalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(out),
            Self::Malformed => out.write_str("it is not a JSON object"),
            Self::UnknownFormat(format) => write!(
                out,
                "its signal_format is {format}, and this version of session-signals understands only formats up to {NEWEST_SIGNAL_FORMAT}"
            ),
        }
    }
}

impl std::error::Error for SignalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Malformed | Self::UnknownFormat(_) => None,
        }
    }
}

fn is_known_format(format: &Value) -> bool {
    format.as_u64().is_some_and(|format| (1..=NEWEST_SIGNAL_FORMAT).contains(&format))
}

/// Reads a stamp such as `1795246536.123456789`: seconds since the Unix epoch, with nine digits after the point. `None` for
/// any other text, and for a time after the year 9999.
#[must_use]
pub fn parse_stamp(stamp: &str) -> Option<SystemTime> {
    let time = Time::parse_stamp(stamp.as_bytes())?;
    timestamps::after_epoch(Duration::new(time.seconds(), time.nanoseconds()))
}
