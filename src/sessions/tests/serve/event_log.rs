//! The log: whoever reads it, and whenever, knows in the end what is true.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{read_messages, value_text};
use crate::serve::feed::event_log::EventLog;
use crate::serve::feed::log_reader::LogReader;
use crate::serve::feed::{LogMessage, StartPosition};

/// A client that applies every message it gets.
struct Client {
    from: StartPosition,
    /// The JSON of each session, as the client knows it.
    known: BTreeMap<String, String>,
    /// The reading that is not finished, and what was true when it started.
    reading: Option<(LogReader, BTreeMap<String, String>)>,
}

impl Default for Client {
    fn default() -> Self {
        Self { from: StartPosition::Start, known: BTreeMap::new(), reading: None }
    }
}

impl Client {
    fn apply(&mut self, message: &LogMessage) {
        let (key, operation) = (message.key.to_string(), message.operation);
        let Some(value) = value_text(message) else {
            assert_eq!(operation, "delete");
            self.known.remove(&key);
            return;
        };
        if self.from == StartPosition::Elsewhere {
            assert_eq!(operation, "upsert");
            self.known.insert(key, value);
            return;
        }
        // A session that the client does not know can only be inserted.
        assert!(operation == "insert" || operation == "update" && self.known.contains_key(&key));
        assert_ne!(self.known.insert(key, value.clone()), Some(value), "the client knows this value");
    }

    fn move_to(&mut self, tail: u64) {
        assert!(!matches!(self.from, StartPosition::At(position) if position > tail));
        self.from = StartPosition::At(tail);
    }

    /// Applies the next message of the reading, or of a new one. At the end of a reading, the client must know what was true
    /// when the reading started.
    fn step(&mut self, log: &mut EventLog, truth: &BTreeMap<String, String>) {
        let (mut reader, then) = self.reading.take().unwrap_or_else(|| (log.start_reading(self.from), truth.clone()));
        if let Some(message) = log.next_message(&mut reader).unwrap() {
            self.apply(&message);
            self.reading = Some((reader, then));
        } else {
            log.end_reading(&reader);
            self.move_to(reader.tail());
            assert_eq!(self.known, then);
        }
    }

    /// Stops the reading that is not finished, and forgets everything.
    fn restart(&mut self, log: &mut EventLog) {
        if let Some((reader, _)) = self.reading.take() {
            log.end_reading(&reader);
            *self = Self::default();
        }
    }
}

/// What can happen. The numbers are those of a session or of a client.
#[derive(Clone, Debug)]
enum Step {
    /// A session gets a value that it never had.
    Set(u8),
    /// A session gets the value that it has.
    Keep(u8),
    /// A session goes.
    Remove(u8),
    /// A client reads everything.
    Read(usize),
    /// A client reads one message.
    ReadOne(usize),
    /// A client comes with an offset of another run.
    Stray(usize),
    /// The server is restarted.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8).prop_map(Step::Set),
        1 => (0..5_u8).prop_map(Step::Keep),
        1 => (0..5_u8).prop_map(Step::Remove),
        4 => (0..3_usize).prop_map(Step::Read),
        6 => (0..3_usize).prop_map(Step::ReadOne),
        1 => (0..3_usize).prop_map(Step::Stray),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    /// Whenever clients read, they know in the end what is true. No message repeats what a client knows.
    #[test]
    fn clients_of_the_log_know_what_is_true(steps in proptest::collection::vec(step(), 0..100)) {
        let mut log = EventLog::default();
        let mut truth = BTreeMap::new();
        let mut clients: [Client; 3] = Default::default();
        for (number, step) in steps.into_iter().enumerate() {
            let (key, value) = match &step {
                Step::Set(key) => (key.to_string(), Some(number.to_string())),
                Step::Keep(key) => (key.to_string(), truth.get(&key.to_string()).cloned()),
                Step::Remove(key) => (key.to_string(), None),
                _ => (String::new(), None),
            };
            match step {
                Step::Set(_) | Step::Keep(_) | Step::Remove(_) => {
                    let before = log.tail();
                    let is_change = truth.get(&key) != value.as_ref();
                    prop_assert_eq!(log.append(&key, value.clone()), is_change);
                    prop_assert_eq!(log.tail(), before + u64::from(is_change));
                    match value {
                        Some(value) => truth.insert(key, value),
                        None => truth.remove(&key),
                    };
                }
                Step::Read(number) => {
                    let client = &mut clients[number];
                    while client.reading.is_some() {
                        client.step(&mut log, &truth);
                    }
                    let (messages, tail) = read_messages(&mut log, client.from);
                    prop_assert!(messages.len() <= 5, "at most one event of each session");
                    for message in &messages {
                        client.apply(message);
                    }
                    client.move_to(tail);
                    prop_assert_eq!(&client.known, &truth);
                }
                Step::ReadOne(number) => clients[number].step(&mut log, &truth),
                Step::Stray(number) => {
                    clients[number].restart(&mut log);
                    clients[number].from = StartPosition::Elsewhere;
                }
                Step::Restart => {
                    for client in &mut clients {
                        client.restart(&mut log);
                    }
                    let before = std::mem::take(&mut log);
                    for (key, value) in &truth {
                        log.append(key, Some(value.clone()));
                    }
                    before.sessions(false).chain(before.sessions(true)).for_each(|key| log.remove_session(key));
                    for client in &mut clients {
                        if client.from != StartPosition::Start {
                            client.from = StartPosition::Elsewhere;
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn the_log_remembers_only_some_of_the_sessions_that_are_gone() {
    let mut log = EventLog::default();
    log.append("stays", Some("1".to_owned()));
    let early = log.tail();
    for number in 0..5000 {
        log.append(&number.to_string(), Some("1".to_owned()));
        log.append(&number.to_string(), None);
    }
    assert_eq!(read_messages(&mut log, StartPosition::Start).0.len(), 1);
    // A client that read earlier may know a session that was dropped. It is told everything, like a client from elsewhere.
    let operations: Vec<_> =
        read_messages(&mut log, StartPosition::At(early)).0.iter().map(|message| message.operation).collect();
    assert_eq!((operations.len(), operations[0], operations[1]), (1025, "upsert", "delete"));
    let late = log.tail();
    assert_eq!(read_messages(&mut log, StartPosition::At(late)).0.len(), 0);
    log.append("stays", None);
    assert_eq!(read_messages(&mut log, StartPosition::At(late)).0.len(), 1);
}
