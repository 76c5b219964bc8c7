//! The log that clients follow. It is in memory, and has only the newest event of each session.
//!
//! The position of an event is the number of events that were appended up to it. A client at any position of the log, given
//! the events after that position, knows what is true now. It does not see what was true in between.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::Bound::{Excluded, Included};
use std::sync::Arc;

use super::log_event::LogEvent;
use super::log_reader::{LogMessage, LogReader, StartPosition, reader_too_slow};
use super::superseded_events::SupersededEvents;

/// How many sessions that are gone stay in the log, for clients that do not know that yet.
const MAX_GONE_SESSIONS: usize = 1024;

/// A value of fewer bytes than this is small.
const SMALL_LEN: usize = 64 << 10;

/// The newest event of each session.
#[derive(Default)]
pub struct EventLog {
    /// By their positions.
    events: BTreeMap<u64, LogEvent>,
    /// The position of each session's event.
    positions: HashMap<Arc<str>, u64>,
    /// The position of the newest event.
    tail: u64,
    /// The positions of the events of sessions that are gone.
    gone: BTreeSet<u64>,
    /// Up to this position, the log has forgotten sessions that are gone. A client before it may not know that they are gone.
    earliest: u64,
    superseded: SupersededEvents,
}

impl EventLog {
    /// Returns the position of the newest event.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Returns whether the session exists.
    pub fn has_session(&self, session: &str) -> bool {
        let event = self.positions.get(session).and_then(|position| self.events.get(position));
        event.is_some_and(|event| event.value.is_some())
    }

    /// Returns the sessions that exist, or those that are gone, in the order of their newest events.
    pub fn sessions(&self, exist: bool) -> impl Iterator<Item = &str> {
        let events = self.events.values().filter(move |event| event.value.is_some() == exist);
        events.map(|event| &*event.key)
    }

    /// Appends the JSON that a session has now, or `None` if the session is gone. Returns `false`, and appends nothing, if
    /// that is no change.
    pub fn append(&mut self, session: &str, value: Option<String>) -> bool {
        let position = self.positions.get(session).copied();
        let before = position.and_then(|position| self.events.get(&position));
        if before.and_then(|event| event.value.as_ref()).map(|value| &***value) == value.as_deref() {
            return false;
        }
        self.push_event(session, value);
        true
    }

    /// Appends a `delete` for a session that only an earlier run of the server had published.
    pub fn remove_session(&mut self, session: &str) {
        if !self.positions.contains_key(session) {
            self.push_event(session, None);
        }
    }

    fn push_event(&mut self, session: &str, value: Option<String>) {
        let old_position = self.positions.get(session).copied();
        self.tail += 1;
        let before = old_position.and_then(|position| self.events.remove(&position));
        let key = before.as_ref().map_or_else(|| session.into(), |event| Arc::clone(&event.key));
        let existing = before.as_ref().filter(|event| event.value.is_some());
        let inserted = existing.map_or(self.tail, |event| event.inserted);
        if let Some(position) = old_position {
            self.gone.remove(&position);
        }
        if value.is_none() {
            self.gone.insert(self.tail);
        }
        // A small value is copied. Shrinking its buffer would leave a gap in the heap that is too small for other uses.
        let to_box =
            |value: String| if value.len() < SMALL_LEN { value.as_str().into() } else { value.into_boxed_str() };
        let value = value.map(|value| Arc::new(to_box(value)));
        self.events.insert(self.tail, LogEvent { key: Arc::clone(&key), value, inserted });
        self.positions.insert(key, self.tail);
        if let Some((position, event)) = old_position.zip(before) {
            self.superseded.store(position, event, self.tail);
        }
        if self.gone.len() > MAX_GONE_SESSIONS {
            self.drop_oldest_gone();
        }
    }

    /// Drops the session that has been gone longest.
    fn drop_oldest_gone(&mut self) {
        let Some(position) = self.gone.pop_first() else { return };
        if let Some(event) = self.events.remove(&position) {
            self.positions.remove(&event.key);
            self.superseded.store(position, event, self.tail);
        }
        self.earliest = position;
    }

    /// Starts a reading for a client that knows this much. [`EventLog::end_reading`] must end it.
    ///
    /// A client whose position the log cannot continue from gets every session that exists, with the operation `upsert`, which
    /// is right whatever the client knew, and a `delete` for every session that is gone.
    pub fn start_reading(&mut self, from: StartPosition) -> LogReader {
        let from = match from {
            StartPosition::At(position) if position < self.earliest || position > self.tail => StartPosition::Elsewhere,
            from => from,
        };
        self.superseded.start_reading(self.tail);
        LogReader { from, at: if let StartPosition::At(position) = from { position } else { 0 }, tail: self.tail }
    }

    /// Returns the next message of a reading; `None` at its end.
    ///
    /// # Errors
    /// If the log has dropped an event that the reading still needs.
    pub fn next_message(&self, reader: &mut LogReader) -> io::Result<Option<LogMessage>> {
        if self.superseded.has_lost_event(reader) {
            return Err(reader_too_slow());
        }
        let Some((position, event)) = self.find_next(reader) else { return Ok(None) };
        reader.at = position;
        let operation = match (&event.value, reader.from) {
            (None, _) => "delete",
            (Some(_), StartPosition::Elsewhere) => "upsert",
            (Some(_), StartPosition::At(position)) if event.inserted <= position => "update",
            (Some(_), _) => "insert",
        };
        let value = event.value.as_ref().map(Arc::downgrade);
        Ok(Some(LogMessage { key: Arc::clone(&event.key), value, operation }))
    }

    /// Returns whether a reading has no further message.
    pub fn is_finished(&self, reader: &LogReader) -> bool {
        self.find_next(reader).is_none()
    }

    /// Finds the next event of those that were in the log when the reading started.
    fn find_next(&self, reader: &LogReader) -> Option<(u64, &LogEvent)> {
        // A client that knows nothing needs no `delete`.
        let is_wanted = |event: &LogEvent| reader.from != StartPosition::Start || event.value.is_some();
        let mut current = self.events.range((Excluded(reader.at), Included(reader.tail)));
        let current = current.find(|(_, event)| is_wanted(event)).map(|(position, event)| (*position, event));
        let last = current.map_or(reader.tail, |(position, _)| position);
        self.superseded.find_next(reader, last, is_wanted).or(current)
    }

    /// Ends a reading.
    pub fn end_reading(&mut self, reader: &LogReader) {
        self.superseded.end_reading(reader);
    }
}
