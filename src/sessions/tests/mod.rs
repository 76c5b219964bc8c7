//! Unit tests of `sessions`, for what the tests of the whole executable cannot see.

mod display_text;
mod serve;
mod session_table;
mod watch;

use std::time::{Duration, SystemTime};

use session_signals_protocol::SIGNAL_KINDS;
use session_signals_reader::{Evidence, Signal};

/// Returns the time `seconds` after an arbitrary one.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_246_000 + seconds)
}

/// Returns the evidence of a session that has nothing but these signals. Each has its kind, the second of its event, and its
/// JSON.
fn evidence(signals: &[(&str, u64, &str)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (word, seconds, json) in signals {
        let kind = SIGNAL_KINDS.into_iter().find(|kind| kind.word() == *word).unwrap();
        evidence.signals.replace(kind, Signal::parse(json.as_bytes(), at(*seconds), kind).ok());
    }
    evidence
}
