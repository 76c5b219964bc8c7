//! The log that clients follow: in memory, and compacted to the newest event of each session.
//!
//! A position is the number of events appended up to there. A reader at any position of this log, given what comes after
//! it, knows what is true now; what was overtaken in between is never told.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Weak};

/// So many sessions that are gone are remembered, for readers who may still believe in them.
pub const GONE: usize = 1024;

/// So many bytes of overtaken values are kept for readers who are in the middle of them. Who reads one beyond that is
/// broken off, and reads again.
const OVERTAKEN: usize = 128 << 20;

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

/// What a reader from some position has to be told.
#[derive(Debug)]
pub struct Batch {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Where the reader is after that.
    pub tail: u64,
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
    /// Values that somebody may still be reading, oldest first.
    overtaken: VecDeque<Value>,
    /// How many bytes those have.
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
        if let Some(value) = before.and_then(|event| event.value) {
            self.retire(value);
        }
        if self.gone.len() > GONE {
            self.forget();
        }
    }

    /// Keeps an overtaken value as long as somebody reads it, and there is room.
    fn retire(&mut self, value: Value) {
        if Arc::weak_count(&value) > 0 {
            self.overtaken_len += value.len();
            self.overtaken.push_back(value);
        }
        let is_too_much = |log: &Self, oldest: &Value| Arc::weak_count(oldest) == 0 || log.overtaken_len > OVERTAKEN;
        while self.overtaken.front().is_some_and(|oldest| is_too_much(self, oldest)) {
            self.overtaken_len -= self.overtaken.pop_front().map_or(0, |oldest| oldest.len());
        }
    }

    /// Forgets the session that has been gone longest.
    fn forget(&mut self) {
        let Some(position) = self.gone.pop_first() else { return };
        if let Some(event) = self.events.remove(&position) {
            self.positions.remove(&event.key);
        }
        self.earliest = position;
    }

    /// What a reader from there has to be told. One that the log cannot go on from gets all that is true, in words that
    /// hold whatever it knew, and all that is gone.
    pub fn read(&self, from: From) -> Batch {
        let from = match from {
            From::At(position) if position < self.earliest || position > self.tail => From::Elsewhere,
            from => from,
        };
        let position = if let From::At(position) = from { position } else { 0 };
        // Who comes new believes in no session that is gone.
        let told = self.events.range(position + 1..).filter(|(_, event)| from != From::Start || event.value.is_some());
        let operation = |event: &Event| match (&event.value, from) {
            (None, _) => "delete",
            (Some(_), From::Elsewhere) => "upsert",
            (Some(_), _) if event.inserted > position => "insert",
            (Some(_), _) => "update",
        };
        let message = |event: &Event| Message {
            key: Arc::clone(&event.key),
            value: event.value.as_ref().map(Arc::downgrade),
            operation: operation(event),
        };
        Batch { messages: told.map(|(_, event)| message(event)).collect(), tail: self.tail }
    }
}
