//! The beat of a machine: it says who writes the machine's keys, and how long that holds.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many intervals a beat holds. So two beats may be lost.
const INTERVALS: u64 = 3;

/// The longest time that a beat holds, whatever it says.
const MAX_LEASE: Duration = Duration::from_secs(3600);

/// The value of the key `h.<host>`. Members that are not known here are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct HostBeat {
    /// The id of the installation that writes: see [`InstanceFile`](super::instance_file::InstanceFile).
    pub instance: String,
    /// The id of this run of it. Of two processes with the same instance, the last that started writes.
    #[serde(default)]
    pub run: String,
    /// The version of session-signals.
    pub version: String,
    /// The seconds between two beats.
    pub interval: u64,
    /// The seconds for which a beat holds, by the clock of the server.
    pub lease: u64,
}

impl HostBeat {
    /// Returns the beat of this program.
    pub fn new(instance: &str, run: &str, interval: Duration) -> Self {
        let interval = interval.as_secs().max(1);
        Self {
            instance: instance.to_owned(),
            run: run.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            interval,
            lease: INTERVALS * interval,
        }
    }

    /// Returns the value of the key.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the value of the key; `None` if it is no beat.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// Returns for how long the beat holds.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease).min(MAX_LEASE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_read_as_it_is_written() {
        let beat = HostBeat::new("i", "r", Duration::from_secs(30));
        assert_eq!((beat.interval, beat.lease()), (30, Duration::from_secs(90)));
        assert_eq!(HostBeat::parse(beat.to_json().as_bytes()), Some(beat));
        let other = HostBeat::parse(br#"{"instance":"i","version":"9","interval":1,"lease":99999999,"more":[]}"#);
        assert_eq!(other.unwrap().lease(), MAX_LEASE);
        assert_eq!(HostBeat::parse(b"{}"), None);
    }
}
