//! The log that clients follow: in memory, and compacted to the newest event of each session.
//!
//! A position is the number of events appended up to there. A reader at any position of this log, given what comes after
//! it, knows what is true now; what was overtaken in between is never told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// So many sessions that are gone are remembered, for readers who may still believe in them.
const GONE: usize = 1024;

/// What was last said of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The session's id.
    pub key: Arc<str>,
    /// Its JSON; `None` where it is gone.
    pub value: Option<Arc<str>>,
    /// Where in the log it was first told of, since it was last gone.
    inserted: u64,
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
}

/// What a reader from some position has to be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Batch {
    /// Oldest first, each with the operation that it is to this reader.
    pub events: Vec<(Event, &'static str)>,
    /// Where the reader is after that.
    pub tail: u64,
}

impl Log {
    /// Where the log ends.
    pub fn tail(&self) -> u64 {
        self.tail
    }

    /// Says that this is the session's JSON now, or that it is gone; `false` where that was known.
    pub fn append(&mut self, session: &str, value: Option<&str>) -> bool {
        let known = self.positions.get(session).copied();
        let before = known.and_then(|position| self.events.get(&position));
        if before.and_then(|event| event.value.as_deref()) == value {
            return false;
        }
        self.tail += 1;
        let key = before.map_or_else(|| session.into(), |event| Arc::clone(&event.key));
        let inserted = before.filter(|event| event.value.is_some()).map_or(self.tail, |event| event.inserted);
        if let Some(overtaken) = known {
            self.events.remove(&overtaken);
            self.gone.remove(&overtaken);
        }
        self.events.insert(self.tail, Event { key: Arc::clone(&key), value: value.map(Arc::from), inserted });
        self.positions.insert(key, self.tail);
        if value.is_none() {
            self.gone.insert(self.tail);
        }
        if self.gone.len() > GONE {
            self.forget();
        }
        true
    }

    /// Forgets the session that has been gone longest.
    fn forget(&mut self) {
        let Some(position) = self.gone.pop_first() else { return };
        if let Some(event) = self.events.remove(&position) {
            self.positions.remove(&event.key);
        }
        self.earliest = position;
    }

    /// What has come since `position`, or everything for a reader from the start; `None` where that is no longer known.
    pub fn read(&self, position: Option<u64>) -> Option<Batch> {
        let from = position.unwrap_or_default();
        if position.is_some() && from < self.earliest {
            return None;
        }
        // Who comes new believes in no session that is gone.
        let told = self.events.range(from + 1..).filter(|(_, event)| position.is_some() || event.value.is_some());
        let operation = |event: &Event| match event.value {
            None => "delete",
            Some(_) if event.inserted > from => "insert",
            Some(_) => "update",
        };
        let events = told.map(|(_, event)| (event.clone(), operation(event))).collect();
        Some(Batch { events, tail: self.tail })
    }
}
