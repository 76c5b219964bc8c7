//! What is to become of the calls that wait.

use crate::event::Calls;
use crate::payload::Fields;
use crate::spool::Writer;
use crate::sys::Result;
use crate::time::Time;

/// What an event does to them.
pub struct Change<'a> {
    /// Which of them it resolves, or that it adds its own.
    pub calls: Calls,
    /// The event's.
    pub fields: &'a Fields<'a>,
    /// The event's.
    pub time: Time,
    /// The event's.
    pub payload: &'a [u8],
    /// What [`crate::calls::stamp`] made of `time`; empty where the payload has it.
    pub stamp: &'a [u8],
    /// Writes what ends the signal, from behind the list on.
    pub tail: &'a dyn Fn(&mut Writer) -> Result<()>,
}
