//! Tests of the parts of `serve` that need no running server; and the conformance suite of the protocol.

mod batch_text;
mod conformance;
mod cursor;
mod event_log;
mod offset;
mod request_policy;
mod setup;
mod stable_times;
mod stream_history;

use crate::serve::feed::event_log::EventLog;
use crate::serve::feed::{LogMessage, StartPosition};

/// Reads everything that a client at this position is told. Returns the messages, and its position after them.
pub fn read_messages(log: &mut EventLog, from: StartPosition) -> (Vec<LogMessage>, u64) {
    let mut reader = log.start_reading(from);
    let messages = std::iter::from_fn(|| log.next_message(&mut reader).unwrap()).collect();
    log.end_reading(&reader);
    (messages, reader.tail())
}

/// Returns the value of a message.
pub fn value_text(message: &LogMessage) -> Option<String> {
    message.value.as_ref().map(|value| value.upgrade().unwrap().to_string())
}
