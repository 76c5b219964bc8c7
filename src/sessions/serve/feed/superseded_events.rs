//! Events that were superseded while clients read the log.
//!
//! A reading returns what was true when it started, however long it takes. So an event that is superseded meanwhile is
//! stored here, once for all readings that may still need it.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use super::log_event::LogEvent;
use super::log_reader::LogReader;

/// How many bytes of superseded events are stored. If there are more, the oldest are dropped. A reading that still needs
/// one of these fails, and its client starts again.
const MAX_SUPERSEDED_LEN: usize = 128 << 20;

/// About how many bytes an event takes in addition to its value.
const EVENT_OVERHEAD: usize = 256;

/// An event that was superseded.
struct SupersededEvent {
    event: LogEvent,
    /// The end of the log when the event was superseded. Readings that started before that need the event.
    superseded_at: u64,
}

impl SupersededEvent {
    fn len(&self) -> usize {
        EVENT_OVERHEAD + self.event.value.as_ref().map_or(0, |value| value.len())
    }
}

/// The readings that started when the log ended at the same position.
#[derive(Default)]
struct ActiveReaders {
    count: usize,
    /// The highest position of an event that was dropped although these readings may need it. A reading that has not come
    /// further than this has failed.
    lost: u64,
}

/// The superseded events that active readings may need.
#[derive(Default)]
pub struct SupersededEvents {
    /// The active readings, by the end of the log when they started.
    readers: BTreeMap<u64, ActiveReaders>,
    /// By their positions.
    events: BTreeMap<u64, SupersededEvent>,
    /// How many bytes the events take.
    len: usize,
}

impl SupersededEvents {
    /// Registers a reading that starts when the log ends at `tail`.
    pub fn start_reading(&mut self, tail: u64) {
        self.readers.entry(tail).or_default().count += 1;
    }

    /// Removes a reading, and drops the events that only this reading needed.
    pub fn end_reading(&mut self, reader: &LogReader) {
        let Some(readers) = self.readers.get_mut(&reader.tail) else { return };
        readers.count -= 1;
        if readers.count > 0 {
            return;
        }
        self.readers.remove(&reader.tail);
        while let Some((position, oldest)) = self.events.first_key_value()
            && !self.is_needed(*position, oldest.superseded_at)
        {
            let len = oldest.len();
            self.events.pop_first();
            self.len -= len;
        }
    }

    /// Stores an event that is superseded now, when the log ends at `superseded_at`, if a reading needs it.
    pub fn store(&mut self, position: u64, event: LogEvent, superseded_at: u64) {
        if !self.is_needed(position, superseded_at) {
            return;
        }
        let event = SupersededEvent { event, superseded_at };
        self.len += event.len();
        self.events.insert(position, event);
        while self.len > MAX_SUPERSEDED_LEN
            && let Some((position, oldest)) = self.events.pop_first()
        {
            self.len -= oldest.len();
            for (_, readers) in self.readers.range_mut(position..oldest.superseded_at) {
                readers.lost = readers.lost.max(position);
            }
        }
    }

    /// Returns whether a reading is active that started when this event was in the log.
    fn is_needed(&self, position: u64, superseded_at: u64) -> bool {
        self.readers.range(position..superseded_at).next().is_some()
    }

    /// Returns whether an event was dropped that the reading still needs.
    pub fn has_lost_event(&self, reader: &LogReader) -> bool {
        self.readers.get(&reader.tail).is_some_and(|readers| reader.at < readers.lost)
    }

    /// Finds the next event of a reading, up to the position `last`.
    pub fn find_next(
        &self,
        reader: &LogReader,
        last: u64,
        is_wanted: impl Fn(&LogEvent) -> bool,
    ) -> Option<(u64, &LogEvent)> {
        let mut events = self.events.range((Excluded(reader.at), Included(last)));
        let found = events.find(|(_, one)| one.superseded_at > reader.tail && is_wanted(&one.event));
        found.map(|(position, one)| (*position, &one.event))
    }
}
