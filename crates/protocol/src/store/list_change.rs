//! What is to become of the calls that wait.

use super::signal_writer::SignalWriter;
use crate::event_table::CallEffect;
use crate::payload::PayloadFields;
use crate::system::Result;
use crate::time::Time;

/// What an event does to them.
pub struct ListChange<'a> {
    /// Which of them it resolves, or that it adds its own.
    pub calls: CallEffect,
    /// The event's.
    pub fields: &'a PayloadFields<'a>,
    /// The event's.
    pub time: Time,
    /// The event's.
    pub payload: &'a [u8],
    /// What [`crate::pending_calls::pending_since_member`] made of `time`; empty where the payload has it.
    pub stamp: &'a [u8],
    /// Writes what ends the signal, from behind the list on.
    pub tail: &'a dyn Fn(&mut SignalWriter) -> Result<()>,
}
