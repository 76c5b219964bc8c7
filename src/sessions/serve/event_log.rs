//! The log that clients follow: in memory, and compacted to the newest event of each session.
//!
//! A position is the number of events appended up to there. A reader at any position of this log, given what comes after
//! it, knows what is true now; what was overtaken in between is never told.
//!
//! A reading takes what was true when it began, however long it takes: what is overtaken meanwhile is kept beside the log, once,
//! for all who may still come to it. So a reading holds no more than where it is.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::ops::Bound::{Excluded, Included};
use std::sync::{Arc, Weak};

/// So many sessions that are gone are remembered, for readers who may still believe in them.
pub const KEPT_ENDS: usize = 1024;

/// So many bytes of overtaken events are kept for readings that have not come to them, or are in the middle of one. What is
/// beyond that breaks a reading off, and its reader reads again.
const MAX_SUPERSEDED_LEN: usize = 128 << 20;

/// An event takes about this many bytes besides its value.
const EVENT_OVERHEAD: usize = 256;

/// Below so many bytes, a value is small.
const SMALL_LEN: usize = 64 << 10;

/// The JSON of a session. The log holds the one copy; readers point to it.
pub type EventValue = Arc<Box<str>>;

/// Where a reader reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartPosition {
    /// It knows nothing.
    Start,
    /// It has read this log up to this position.
    At(u64),
    /// It knows something, and what that is cannot be told: another run of the server told it.
    Elsewhere,
}

/// What was last said of one session.
struct LogEvent {
    key: Arc<str>,
    /// `None` where it is gone.
    value: Option<EventValue>,
    /// Where in the log it was first told of, since it was last gone.
    inserted: u64,
}

/// What a reader is told of one session.
#[derive(Clone, Debug)]
pub struct LogMessage {
    /// The session's id.
    pub key: Arc<str>,
    /// Its JSON; `None` where it is gone.
    pub value: Option<Weak<Box<str>>>,
    /// What this is to the reader.
    pub operation: &'static str,
}

/// An event that was overtaken, and may still have to be told.
struct SupersededEvents {
    event: LogEvent,
    /// The log ended here when it was overtaken: readings that began earlier tell it.
    at: u64,
}

impl SupersededEvents {
    fn len(&self) -> usize {
        EVENT_OVERHEAD + self.event.value.as_ref().map_or(0, |value| value.len())
    }
}

/// The readings that began where the log ended at one position.
#[derive(Default)]
struct ActiveReaders {
    count: usize,
    /// Those that have not come further than this were to be told an event that is kept no longer.
    lost: u64,
}

/// What a reader from some position has to be told, and how much of it was.
#[derive(Clone, Debug)]
pub struct LogReader {
    /// Where the reader was before.
    from: StartPosition,
    /// How far it has come.
    at: u64,
    /// Where it is after that.
    tail: u64,
}

impl LogReader {
    /// Where the reader is after it.
    pub fn tail(&self) -> u64 {
        self.tail
    }
}

/// The newest event of each session.
#[derive(Default)]
pub struct EventLog {
    events: BTreeMap<u64, LogEvent>,
    positions: HashMap<Arc<str>, u64>,
    /// Where the log ends.
    tail: u64,
    /// Which of the events tell of a session that is gone.
    gone: BTreeSet<u64>,
    /// Readers from before this position may have missed that a session is gone.
    earliest: u64,
    /// The readings that go on, by their tails.
    readings: BTreeMap<u64, ActiveReaders>,
    /// What was overtaken while they do, by its position.
    overtaken: BTreeMap<u64, SupersededEvents>,
    /// How many bytes that takes.
    overtaken_len: usize,
}

impl EventLog {
    /// Where the log ends.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Whether this session is there.
    pub fn has_session(&self, session: &str) -> bool {
        let event = self.positions.get(session).and_then(|position| self.events.get(position));
        event.is_some_and(|event| event.value.is_some())
    }

    /// The sessions that are there, and those that are gone, each longest ago first.
    pub fn sessions(&self, is_there: bool) -> impl Iterator<Item = &str> {
        let events = self.events.values().filter(move |event| event.value.is_some() == is_there);
        events.map(|event| &*event.key)
    }

    /// Says that this is the session's JSON now, or that it is gone; `false` where that was known.
    pub fn append(&mut self, session: &str, value: Option<String>) -> bool {
        let known = self.positions.get(session).copied();
        let before = known.and_then(|position| self.events.get(&position));
        if before.and_then(|event| event.value.as_ref()).map(|value| &***value) == value.as_deref() {
            return false;
        }
        self.push_event(session, value);
        true
    }

    /// Says that a session is gone that this log never held: an earlier run of the server told of it.
    pub fn remove_session(&mut self, session: &str) {
        if !self.positions.contains_key(session) {
            self.push_event(session, None);
        }
    }

    fn push_event(&mut self, session: &str, value: Option<String>) {
        let known = self.positions.get(session).copied();
        self.tail += 1;
        let before = known.and_then(|position| self.events.remove(&position));
        let key = before.as_ref().map_or_else(|| session.into(), |event| Arc::clone(&event.key));
        let stood = before.as_ref().filter(|event| event.value.is_some());
        let inserted = stood.map_or(self.tail, |event| event.inserted);
        if let Some(position) = known {
            self.gone.remove(&position);
        }
        if value.is_none() {
            self.gone.insert(self.tail);
        }
        // A small one is copied: what is left of a block that shrinks is of use to nobody.
        let boxed =
            |value: String| if value.len() < SMALL_LEN { value.as_str().into() } else { value.into_boxed_str() };
        let value = value.map(|value| Arc::new(boxed(value)));
        self.events.insert(self.tail, LogEvent { key: Arc::clone(&key), value, inserted });
        self.positions.insert(key, self.tail);
        if let Some((position, event)) = known.zip(before) {
            self.supersede_event(position, event);
        }
        if self.gone.len() > KEPT_ENDS {
            self.drop_unneeded();
        }
    }

    /// Keeps an overtaken event as long as a reading may come to it, and there is room.
    fn supersede_event(&mut self, position: u64, event: LogEvent) {
        let overtaken = SupersededEvents { event, at: self.tail };
        if !self.is_needed_by_reader(position, &overtaken) {
            return;
        }
        self.overtaken_len += overtaken.len();
        self.overtaken.insert(position, overtaken);
        while self.overtaken_len > MAX_SUPERSEDED_LEN
            && let Some((position, oldest)) = self.overtaken.pop_first()
        {
            self.overtaken_len -= oldest.len();
            for readings in self.readings.range_mut(position..oldest.at).map(|(_, readings)| readings) {
                readings.lost = readings.lost.max(position);
            }
        }
    }

    /// Whether a reading goes on that began when this event stood.
    fn is_needed_by_reader(&self, position: u64, overtaken: &SupersededEvents) -> bool {
        self.readings.range(position..overtaken.at).next().is_some()
    }

    /// Forgets the session that has been gone longest.
    fn drop_unneeded(&mut self) {
        let Some(position) = self.gone.pop_first() else { return };
        if let Some(event) = self.events.remove(&position) {
            self.positions.remove(&event.key);
            self.supersede_event(position, event);
        }
        self.earliest = position;
    }

    /// Begins to tell a reader from there what it has to be told; [`Log::end`] ends it. A reader that the log cannot go on
    /// from gets all that is true, in words that hold whatever it knew, and all that is gone.
    pub fn start_reading(&mut self, from: StartPosition) -> LogReader {
        let from = match from {
            StartPosition::At(position) if position < self.earliest || position > self.tail => StartPosition::Elsewhere,
            from => from,
        };
        self.readings.entry(self.tail).or_default().count += 1;
        LogReader { from, at: if let StartPosition::At(position) = from { position } else { 0 }, tail: self.tail }
    }

    /// What comes next in a reading; `None` at its end.
    ///
    /// # Errors
    /// Where it was overtaken too long ago.
    pub fn next_message(&self, reading: &mut LogReader) -> io::Result<Option<LogMessage>> {
        if self.readings.get(&reading.tail).is_some_and(|readings| reading.at < readings.lost) {
            return Err(reader_too_slow());
        }
        let Some((position, event)) = self.find_event(reading) else { return Ok(None) };
        reading.at = position;
        let operation = match (&event.value, reading.from) {
            (None, _) => "delete",
            (Some(_), StartPosition::Elsewhere) => "upsert",
            (Some(_), StartPosition::At(known)) if event.inserted <= known => "update",
            (Some(_), _) => "insert",
        };
        let value = event.value.as_ref().map(Arc::downgrade);
        Ok(Some(LogMessage { key: Arc::clone(&event.key), value, operation }))
    }

    /// Whether nothing more comes in a reading.
    pub fn is_finished(&self, reading: &LogReader) -> bool {
        self.find_event(reading).is_none()
    }

    /// The next event of those that stood when the reading began.
    fn find_event(&self, reading: &LogReader) -> Option<(u64, &LogEvent)> {
        // Who comes new believes in no session that is gone.
        let is_told = |event: &LogEvent| reading.from != StartPosition::Start || event.value.is_some();
        let after = |last: u64| (Excluded(reading.at), Included(last));
        let mut standing = self.events.range(after(reading.tail));
        let standing = standing.find(|(_, event)| is_told(event)).map(|(position, event)| (*position, event));
        let mut overtaken = self.overtaken.range(after(standing.map_or(reading.tail, |(position, _)| position)));
        let overtaken = overtaken.find(|(_, one)| one.at > reading.tail && is_told(&one.event));
        overtaken.map(|(position, one)| (*position, &one.event)).or(standing)
    }

    /// Ends a reading: what was kept for it alone is kept no longer.
    pub fn end_reading(&mut self, reading: &LogReader) {
        let Some(readings) = self.readings.get_mut(&reading.tail) else { return };
        readings.count -= 1;
        if readings.count > 0 {
            return;
        }
        self.readings.remove(&reading.tail);
        while let Some((position, oldest)) = self.overtaken.first_key_value()
            && !self.is_needed_by_reader(*position, oldest)
        {
            let len = oldest.len();
            self.overtaken.pop_first();
            self.overtaken_len -= len;
        }
    }
}

/// What breaks a reading off.
pub fn reader_too_slow() -> io::Error {
    io::Error::other("overtaken")
}
