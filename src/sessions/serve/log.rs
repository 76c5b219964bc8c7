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
pub const GONE: usize = 1024;

/// So many bytes of overtaken events are kept for readings that have not come to them, or are in the middle of one. What is
/// beyond that breaks a reading off, and its reader reads again.
const OVERTAKEN: usize = 128 << 20;

/// An event takes about this many bytes besides its value.
const EVENT: usize = 256;

/// Below so many bytes, a value is small.
const SMALL: usize = 64 << 10;

/// The JSON of a session. The log holds the one copy; readers point to it.
pub type Value = Arc<Box<str>>;

/// Where a reader reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// It knows nothing.
    Start,
    /// It has read this log up to this position.
    At(u64),
    /// It knows something, and what that is cannot be told: another run of the server told it.
    Elsewhere,
}

/// What was last said of one session.
struct Event {
    key: Arc<str>,
    /// `None` where it is gone.
    value: Option<Value>,
    /// Where in the log it was first told of, since it was last gone.
    inserted: u64,
}

/// What a reader is told of one session.
#[derive(Clone, Debug)]
pub struct Message {
    /// The session's id.
    pub key: Arc<str>,
    /// Its JSON; `None` where it is gone.
    pub value: Option<Weak<Box<str>>>,
    /// What this is to the reader.
    pub operation: &'static str,
}

/// An event that was overtaken, and may still have to be told.
struct Overtaken {
    event: Event,
    /// The log ended here when it was overtaken: readings that began earlier tell it.
    at: u64,
}

impl Overtaken {
    fn len(&self) -> usize {
        EVENT + self.event.value.as_ref().map_or(0, |value| value.len())
    }
}

/// The readings that began where the log ended at one position.
#[derive(Default)]
struct Readings {
    count: usize,
    /// Those that have not come further than this were to be told an event that is kept no longer.
    lost: u64,
}

/// What a reader from some position has to be told, and how much of it was.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Where the reader was before.
    from: From,
    /// How far it has come.
    at: u64,
    /// Where it is after that.
    tail: u64,
}

impl Reading {
    /// Where the reader is after it.
    pub fn tail(&self) -> u64 {
        self.tail
    }
}

/// The newest event of each session.
#[derive(Default)]
pub struct Log {
    events: BTreeMap<u64, Event>,
    positions: HashMap<Arc<str>, u64>,
    /// Where the log ends.
    tail: u64,
    /// Which of the events tell of a session that is gone.
    gone: BTreeSet<u64>,
    /// Readers from before this position may have missed that a session is gone.
    earliest: u64,
    /// The readings that go on, by their tails.
    readings: BTreeMap<u64, Readings>,
    /// What was overtaken while they do, by its position.
    overtaken: BTreeMap<u64, Overtaken>,
    /// How many bytes that takes.
    overtaken_len: usize,
}

impl Log {
    /// Where the log ends.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Whether this session is there.
    pub fn holds(&self, session: &str) -> bool {
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
        self.push(session, value);
        true
    }

    /// Says that a session is gone that this log never held: an earlier run of the server told of it.
    pub fn bury(&mut self, session: &str) {
        if !self.positions.contains_key(session) {
            self.push(session, None);
        }
    }

    fn push(&mut self, session: &str, value: Option<String>) {
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
        let boxed = |value: String| if value.len() < SMALL { value.as_str().into() } else { value.into_boxed_str() };
        let value = value.map(|value| Arc::new(boxed(value)));
        self.events.insert(self.tail, Event { key: Arc::clone(&key), value, inserted });
        self.positions.insert(key, self.tail);
        if let Some((position, event)) = known.zip(before) {
            self.retire(position, event);
        }
        if self.gone.len() > GONE {
            self.forget();
        }
    }

    /// Keeps an overtaken event as long as a reading may come to it, and there is room.
    fn retire(&mut self, position: u64, event: Event) {
        let overtaken = Overtaken { event, at: self.tail };
        if !self.is_awaited(position, &overtaken) {
            return;
        }
        self.overtaken_len += overtaken.len();
        self.overtaken.insert(position, overtaken);
        while self.overtaken_len > OVERTAKEN
            && let Some((position, oldest)) = self.overtaken.pop_first()
        {
            self.overtaken_len -= oldest.len();
            for readings in self.readings.range_mut(position..oldest.at).map(|(_, readings)| readings) {
                readings.lost = readings.lost.max(position);
            }
        }
    }

    /// Whether a reading goes on that began when this event stood.
    fn is_awaited(&self, position: u64, overtaken: &Overtaken) -> bool {
        self.readings.range(position..overtaken.at).next().is_some()
    }

    /// Forgets the session that has been gone longest.
    fn forget(&mut self) {
        let Some(position) = self.gone.pop_first() else { return };
        if let Some(event) = self.events.remove(&position) {
            self.positions.remove(&event.key);
            self.retire(position, event);
        }
        self.earliest = position;
    }

    /// Begins to tell a reader from there what it has to be told; [`Log::end`] ends it. A reader that the log cannot go on
    /// from gets all that is true, in words that hold whatever it knew, and all that is gone.
    pub fn begin(&mut self, from: From) -> Reading {
        let from = match from {
            From::At(position) if position < self.earliest || position > self.tail => From::Elsewhere,
            from => from,
        };
        self.readings.entry(self.tail).or_default().count += 1;
        Reading { from, at: if let From::At(position) = from { position } else { 0 }, tail: self.tail }
    }

    /// What comes next in a reading; `None` at its end.
    ///
    /// # Errors
    /// Where it was overtaken too long ago.
    pub fn next(&self, reading: &mut Reading) -> io::Result<Option<Message>> {
        if self.readings.get(&reading.tail).is_some_and(|readings| reading.at < readings.lost) {
            return Err(overtaken());
        }
        let Some((position, event)) = self.find(reading) else { return Ok(None) };
        reading.at = position;
        let operation = match (&event.value, reading.from) {
            (None, _) => "delete",
            (Some(_), From::Elsewhere) => "upsert",
            (Some(_), From::At(known)) if event.inserted <= known => "update",
            (Some(_), _) => "insert",
        };
        let value = event.value.as_ref().map(Arc::downgrade);
        Ok(Some(Message { key: Arc::clone(&event.key), value, operation }))
    }

    /// Whether nothing more comes in a reading.
    pub fn is_over(&self, reading: &Reading) -> bool {
        self.find(reading).is_none()
    }

    /// The next event of those that stood when the reading began.
    fn find(&self, reading: &Reading) -> Option<(u64, &Event)> {
        // Who comes new believes in no session that is gone.
        let is_told = |event: &Event| reading.from != From::Start || event.value.is_some();
        let after = |last: u64| (Excluded(reading.at), Included(last));
        let mut standing = self.events.range(after(reading.tail));
        let standing = standing.find(|(_, event)| is_told(event)).map(|(position, event)| (*position, event));
        let mut overtaken = self.overtaken.range(after(standing.map_or(reading.tail, |(position, _)| position)));
        let overtaken = overtaken.find(|(_, one)| one.at > reading.tail && is_told(&one.event));
        overtaken.map(|(position, one)| (*position, &one.event)).or(standing)
    }

    /// Ends a reading: what was kept for it alone is kept no longer.
    pub fn end(&mut self, reading: &Reading) {
        let Some(readings) = self.readings.get_mut(&reading.tail) else { return };
        readings.count -= 1;
        if readings.count > 0 {
            return;
        }
        self.readings.remove(&reading.tail);
        while let Some((position, oldest)) = self.overtaken.first_key_value()
            && !self.is_awaited(*position, oldest)
        {
            let len = oldest.len();
            self.overtaken.pop_first();
            self.overtaken_len -= len;
        }
    }
}

/// What breaks a reading off.
pub fn overtaken() -> io::Error {
    io::Error::other("overtaken")
}
