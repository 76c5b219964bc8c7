//! A change of the list of pending calls.

use super::signal_writer::SignalWriter;
use crate::event_table::CallEffect;
use crate::payload::PayloadFields;
use crate::system::Result;
use crate::time::Time;

/// What an event does to the list of pending calls.
pub struct ListChange<'a> {
    /// Whether the event adds its own call, or which calls it resolves.
    pub effect: CallEffect,
    /// The members of the event's payload.
    pub fields: &'a PayloadFields<'a>,
    /// The event's time.
    pub time: Time,
    /// The event's payload.
    pub payload: &'a [u8],
    /// The [`pending_since_member`](crate::pending_calls::pending_since_member) for `time`; empty if the payload has one.
    pub stamp: &'a [u8],
    /// Writes the end of the signal: what follows the list.
    pub tail: &'a dyn Fn(&mut SignalWriter) -> Result<()>,
}
