//! Tests of what cannot be seen from outside the executable.

mod conformance;
mod serve;
mod text;

use std::time::{Duration, SystemTime};

use session_signals_protocol::SIGNAL_KINDS;
use session_signals_reader::{Evidence, Signal};

/// The time `seconds` after an arbitrary one.
fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_246_000 + seconds)
}

/// What is known of a session that has nothing but these signals: for each the kind, the second of its event and its
/// members.
fn evidence(signals: &[(&str, u64, &str)]) -> Evidence {
    let mut evidence = Evidence::default();
    for (word, seconds, members) in signals {
        let kind = SIGNAL_KINDS.into_iter().find(|kind| kind.word() == *word).unwrap();
        evidence.signals.replace(kind, Signal::parse(members.as_bytes(), at(*seconds), kind).ok());
    }
    evidence
}
