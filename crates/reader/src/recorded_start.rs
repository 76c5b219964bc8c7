//! When a process started, as the CLI notes it in the registry.

use std::time::SystemTime;

use serde_json::Value;
use session_signals_protocol::cli_process;

/// The months as `ps` writes them.
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The start of a process. Its form says on which system the CLI runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedStart {
    /// Linux: in clock ticks since the boot.
    Ticks(u64),
    /// macOS: in seconds since 1970. The CLI takes it from `ps`.
    Seconds(u64),
}

impl RecordedStart {
    /// Reads the member `procStart`: `110605`, or in UTC `Sat Nov 28 18:34:34 2026`.
    pub fn parse(member: &Value) -> Option<Self> {
        match member {
            Value::String(text) => {
                text.parse().map(Self::Ticks).ok().or_else(|| parse_ps_time(text).map(Self::Seconds))
            }
            number => number.as_u64().map(Self::Ticks),
        }
    }

    /// Returns whether processes of this system have such a start.
    pub fn is_of_this_system(self) -> bool {
        matches!(self, Self::Seconds(_)) == cfg!(target_os = "macos")
    }

    /// Returns the start as [`cli_process::ProcessStat`] has it, for the process with this PID.
    pub fn of_process(self, pid: u32) -> u64 {
        self.with_found(|| cli_process::read_stat(pid).map(|process| process.start))
    }

    /// Returns the same for a process of which `found` tells the start. macOS tells microseconds, of which the CLI has noted the
    /// seconds alone.
    pub(crate) fn with_found(self, found: impl FnOnce() -> Option<u64>) -> u64 {
        match self {
            Self::Ticks(ticks) => ticks,
            Self::Seconds(seconds) => {
                let found = found().filter(|found| found / 1_000_000 == seconds);
                found.unwrap_or(seconds.saturating_mul(1_000_000))
            }
        }
    }
}

/// Reads a time as `LC_ALL=C TZ=UTC ps -o lstart` prints it, in seconds since 1970.
fn parse_ps_time(text: &str) -> Option<u64> {
    let fields: Vec<_> = text.split_ascii_whitespace().collect();
    let [_, month, day, time, year] = fields[..] else { return None };
    let month = 1 + MONTHS.iter().position(|known| *known == month)?;
    let time = humantime::parse_rfc3339(&format!("{year}-{month:02}-{day:0>2}T{time}Z")).ok()?;
    time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
}
