//! The parts of `serve` that do no I/O.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use proptest::prelude::*;

use super::{at, evidence};
use crate::serve::batch_text::BatchText;
use crate::serve::event_log::{EventLog, LogMessage, LogReader, StartPosition};
use crate::serve::feed::Feed;
use crate::serve::offset::{self, Offset};
use crate::serve::stable_times::StableTimes;
use crate::serve::stream_history::StreamHistory;
use crate::serve::{cursor, request_policy};
use session_signals_reader::Session;

/// A reader that does what it is told.
struct Reader {
    from: StartPosition,
    known: BTreeMap<String, String>,
    /// What it is in the middle of, and what was true when that began.
    reading: Option<(LogReader, BTreeMap<String, String>)>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { from: StartPosition::Start, known: BTreeMap::new(), reading: None }
    }
}

/// All that a reader from there is told, and where it is after that.
fn read(log: &mut EventLog, from: StartPosition) -> (Vec<LogMessage>, u64) {
    let mut reading = log.start_reading(from);
    let messages = std::iter::from_fn(|| log.next_message(&mut reading).unwrap()).collect();
    log.end_reading(&reading);
    (messages, reading.tail())
}

fn text(message: &LogMessage) -> Option<String> {
    message.value.as_ref().map(|value| value.upgrade().unwrap().to_string())
}

impl Reader {
    fn take(&mut self, message: &LogMessage) {
        let (key, operation) = (message.key.to_string(), message.operation);
        let Some(value) = text(message) else {
            assert_eq!(operation, "delete");
            self.known.remove(&key);
            return;
        };
        if self.from == StartPosition::Elsewhere {
            assert_eq!(operation, "upsert");
            self.known.insert(key, value);
            return;
        }
        // What it does not know can only begin.
        assert!(operation == "insert" || operation == "update" && self.known.contains_key(&key));
        assert_ne!(self.known.insert(key, value.clone()), Some(value), "told twice");
    }

    fn is_at(&mut self, tail: u64) {
        assert!(!matches!(self.from, StartPosition::At(position) if position > tail));
        self.from = StartPosition::At(tail);
    }

    /// Takes one message of a reading, or begins one; at its end it knows what was true when it began.
    fn step(&mut self, log: &mut EventLog, truth: &BTreeMap<String, String>) {
        let (mut reading, then) = self.reading.take().unwrap_or_else(|| (log.start_reading(self.from), truth.clone()));
        if let Some(message) = log.next_message(&mut reading).unwrap() {
            self.take(&message);
            self.reading = Some((reading, then));
        } else {
            log.end_reading(&reading);
            self.is_at(reading.tail());
            assert_eq!(self.known, then);
        }
    }

    /// What it is in the middle of is broken off, and it begins anew.
    fn break_off(&mut self, log: &mut EventLog) {
        if let Some((reading, _)) = self.reading.take() {
            log.end_reading(&reading);
            *self = Self::default();
        }
    }
}

/// What happens: a session gets a value that it never had, keeps the one it has, or goes; a reader reads all, or one message,
/// or comes with an offset of another run; or the server starts again.
#[derive(Clone, Debug)]
enum Step {
    Say(u8),
    Keep(u8),
    Go(u8),
    Read(usize),
    ReadOne(usize),
    Stray(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8).prop_map(Step::Say),
        1 => (0..5_u8).prop_map(Step::Keep),
        1 => (0..5_u8).prop_map(Step::Go),
        4 => (0..3_usize).prop_map(Step::Read),
        6 => (0..3_usize).prop_map(Step::ReadOne),
        1 => (0..3_usize).prop_map(Step::Stray),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    /// Whenever they read, readers know in the end what is true, are told nothing twice, and nothing of what they do not know.
    #[test]
    fn readers_of_the_log_know_what_is_true(steps in proptest::collection::vec(step(), 0..100)) {
        let mut log = EventLog::default();
        let mut truth = BTreeMap::new();
        let mut readers: [Reader; 3] = Default::default();
        for (number, step) in steps.into_iter().enumerate() {
            let (key, value) = match &step {
                Step::Say(key) => (key.to_string(), Some(number.to_string())),
                Step::Keep(key) => (key.to_string(), truth.get(&key.to_string()).cloned()),
                Step::Go(key) => (key.to_string(), None),
                _ => (String::new(), None),
            };
            match step {
                Step::Say(_) | Step::Keep(_) | Step::Go(_) => {
                    let before = log.tail();
                    let is_news = truth.get(&key) != value.as_ref();
                    prop_assert_eq!(log.append(&key, value.clone()), is_news);
                    prop_assert_eq!(log.tail(), before + u64::from(is_news));
                    match value {
                        Some(value) => truth.insert(key, value),
                        None => truth.remove(&key),
                    };
                }
                Step::Read(reader) => {
                    let reader = &mut readers[reader];
                    while reader.reading.is_some() {
                        reader.step(&mut log, &truth);
                    }
                    let (messages, tail) = read(&mut log, reader.from);
                    prop_assert!(messages.len() <= 5, "one event a session");
                    for message in &messages {
                        reader.take(message);
                    }
                    reader.is_at(tail);
                    prop_assert_eq!(&reader.known, &truth);
                }
                Step::ReadOne(reader) => readers[reader].step(&mut log, &truth),
                Step::Stray(reader) => {
                    readers[reader].break_off(&mut log);
                    readers[reader].from = StartPosition::Elsewhere;
                }
                Step::Restart => {
                    for reader in &mut readers {
                        reader.break_off(&mut log);
                    }
                    let before = std::mem::take(&mut log);
                    for (key, value) in &truth {
                        log.append(key, Some(value.clone()));
                    }
                    before.sessions(false).chain(before.sessions(true)).for_each(|key| log.remove_session(key));
                    for reader in &mut readers {
                        if reader.from != StartPosition::Start {
                            reader.from = StartPosition::Elsewhere;
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_log_of_very_many_sessions_that_came_and_went_is_short() {
    let mut log = EventLog::default();
    log.append("stays", Some("1".to_owned()));
    let early = log.tail();
    for number in 0..5000 {
        log.append(&number.to_string(), Some("1".to_owned()));
        log.append(&number.to_string(), None);
    }
    assert_eq!(read(&mut log, StartPosition::Start).0.len(), 1);
    // One who was here before may believe in a session that is forgotten: it is told all, as if it came from elsewhere.
    let told: Vec<_> = read(&mut log, StartPosition::At(early)).0.iter().map(|message| message.operation).collect();
    assert_eq!((told.len(), told[0], told[1]), (1025, "upsert", "delete"));
    let late = log.tail();
    assert_eq!(read(&mut log, StartPosition::At(late)).0.len(), 0);
    log.append("stays", None);
    assert_eq!(read(&mut log, StartPosition::At(late)).0.len(), 1);
}

#[test]
fn offsets_are_of_one_run_and_sort_as_events_do() {
    let feed = Feed::new(7);
    feed.publish([("s".to_owned(), Some("1".to_owned()))]);
    let show = |position| offset::format_offset(feed.run_id(), position);
    assert_eq!(offset::parse_offset("-1", &feed), Some(Offset::After(StartPosition::Start)));
    assert_eq!(offset::parse_offset("now", &feed), Some(Offset::Now));
    assert_eq!(offset::parse_offset(&show(1), &feed), Some(Offset::After(StartPosition::At(1))));
    // Of another run, before this one or after it; or of a place that is not there yet.
    for other in [offset::format_offset(8, 1), offset::format_offset(6, 1), show(2)] {
        assert_eq!(offset::parse_offset(&other, &feed), Some(Offset::After(StartPosition::Elsewhere)));
    }
    assert!(show(9) < show(10) && show(u64::MAX) < offset::format_offset(8, 0));
    for odd in ["", "0", "1_1", "-1 ", "Now", &offset::format_offset(10, 1).to_uppercase(), &format!("{}0", show(1))] {
        assert_eq!(offset::parse_offset(odd, &feed), None, "{odd}");
    }
}

#[test]
fn no_run_takes_the_number_of_an_earlier_one_whatever_the_clock_says() {
    let config = tempfile::tempdir().unwrap();
    let mut last = 0;
    // It steps back, by an hour and to the beginning of time, and stands still.
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    for seconds in [10_000, 6400, 6400, 0, 0, 6401, 20_000] {
        let told = StreamHistory::read(config.path(), 4450);
        let feed = Feed::new(told.next_run(at(seconds)));
        assert!(feed.run_id() > last, "{seconds}");
        last = feed.run_id();
        feed.restore_history(told);
    }
    assert_eq!(last, 20_000_000_000_000, "the time, where nothing speaks against it");
    // A torn or forged file stops nobody, and neither does one that cannot be written.
    let path = config.path().join("session-stream/4450");
    for text in ["", "run", "run x\n+../..\n-", "run ffffffffffffffff\n", "\0\u{fffd}"] {
        std::fs::write(&path, text).unwrap();
        let told = StreamHistory::read(config.path(), 4450);
        assert_eq!(told.next_run(at(1)), 1_000_000_000, "{text:?}");
        assert_eq!(told.sessions().count(), 0);
    }
}

#[test]
fn what_went_while_nobody_served_is_told_to_who_was_here_before() {
    let config = tempfile::tempdir().unwrap();
    let publish = |feed: &Feed, session: &str, value: Option<&str>| {
        feed.publish([(session.to_owned(), value.map(str::to_owned))]);
    };
    let run = |at_first: &[&str]| {
        let told = StreamHistory::read(config.path(), 4450);
        let feed = Arc::new(Feed::new(told.next_run(at(5))));
        for session in at_first {
            publish(&feed, session, Some("1"));
        }
        feed.restore_history(told);
        feed
    };
    let told = |feed: &Arc<Feed>, from| {
        let mut batch = feed.start_batch(from);
        let told = std::iter::from_fn(|| batch.next().unwrap());
        told.map(|message| format!("{} {}", message.operation, message.key)).collect::<Vec<_>>()
    };
    let first = run(&["stays", "goes-later"]);
    publish(&first, "comes", Some("1"));
    publish(&first, "goes", Some("1"));
    publish(&first, "goes", None);
    publish(&first, "stays", Some("2"));
    // Two later ones: it may have slept through one of them.
    run(&["stays", "comes", "goes-later"]);
    let third = run(&["stays"]);
    assert_eq!(told(&third, StartPosition::Start), ["insert stays"]);
    assert_eq!(
        told(&third, StartPosition::Elsewhere),
        ["upsert stays", "delete goes", "delete comes", "delete goes-later"].map(str::to_owned)
    );
    // What comes again is there again.
    publish(&third, "goes", Some("3"));
    assert_eq!(told(&run(&["stays", "goes"]), StartPosition::Elsewhere)[..2], ["upsert stays", "upsert goes"]);
    let noted = config.path().join("session-stream/4450");
    let mode = |path: &std::path::Path| {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).unwrap().mode() & 0o777
    };
    assert_eq!((mode(&noted), mode(noted.parent().unwrap())), (0o600, 0o700));
    // Of very many that came and went, no more is kept than may be told.
    for number in 0..20_000 {
        publish(&third, &number.to_string(), Some("1"));
        publish(&third, &number.to_string(), None);
    }
    assert!(std::fs::metadata(&noted).unwrap().len() < 400_000);
    // A port that is another one next time is nobody's.
    Feed::new(1).restore_history(StreamHistory::read(config.path(), 0));
    assert_eq!(std::fs::read_dir(config.path().join("session-stream")).unwrap().count(), 1);
}

#[test]
fn frames_are_a_json_array_however_they_are_cut() {
    let array = |log: &Arc<Feed>, opening, prefix| {
        let pieces = BatchText::new(log.start_batch(StartPosition::Start), opening, prefix);
        pieces.map(|piece| String::from_utf8(piece.unwrap()).unwrap()).collect::<Vec<_>>()
    };
    let log = Arc::new(Feed::new(1));
    assert_eq!(array(&log, "", ""), ["[]"]);
    let value = format!("{:?}", "x".repeat(1000));
    for number in 0..1000 {
        log.publish([(format!("s{number}"), Some(value.clone()))]);
    }
    let pieces = array(&log, "", "");
    assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() < 70_000));
    let messages: Vec<serde_json::Value> = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!((messages.len(), &messages[999]["key"]), (1000, &"s999".into()));
    let event = array(&log, "event: data\n", "data:").concat();
    let lines = event.strip_prefix("event: data\n").unwrap().lines();
    let text: String = lines.map(|line| line.strip_prefix("data:").unwrap()).collect();
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap(), messages);
}

#[test]
fn of_a_large_value_there_is_one_copy_however_many_read_it() {
    let log = Arc::new(Feed::new(1));
    let value = |c: &str| Some(format!("{:?}", c.repeat(8 << 20)));
    let say = |value: Option<String>| log.publish([("s".to_owned(), value)]);
    say(value("é"));
    let readers = |log: &Arc<Feed>| -> Vec<BatchText> {
        (0..200).map(|_| BatchText::new(log.start_batch(StartPosition::Start), "", "")).collect()
    };
    let mut slow = readers(&log);
    let held: Vec<_> = slow.iter_mut().map(|frames| frames.next().unwrap().unwrap()).collect();
    assert!(held.iter().all(|piece| piece.len() <= 65 << 10), "{}", held[0].len());
    let whole = |frames: &mut BatchText| frames.collect::<Result<Vec<_>, _>>().map(|pieces| pieces.concat());
    // What was overtaken is kept for who reads it, as long as there is room.
    say(value("b"));
    let text = [held[0].clone(), whole(&mut slow[0]).unwrap()].concat();
    let told: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(told[0]["value"], "é".repeat(8 << 20));
    let mut later = readers(&log);
    for frames in &mut later {
        assert!(frames.next().unwrap().is_ok());
    }
    for number in 0..20 {
        say(value(["a", "b"][number % 2]));
        // Each is read by somebody.
        later.extend(readers(&log).into_iter().take(1));
    }
    // Beyond that, who reads it is broken off, and not given something else.
    assert!(whole(&mut slow[1]).is_err() && slow[1].next().is_none());
    let last = serde_json::from_slice::<serde_json::Value>(&whole(&mut readers(&log)[0]).unwrap()).unwrap();
    assert_eq!(last[0]["value"], "b".repeat(8 << 20));
}

#[test]
fn a_reading_holds_nothing_of_very_many_events() {
    const SESSIONS: usize = 100_000;
    let log = Arc::new(Feed::new(1));
    let id = |number: usize| format!("s{number:05}");
    log.publish((0..SESSIONS).map(|number| (id(number), Some("1".to_owned()))));
    let mut readers: Vec<_> = (0..200).map(|_| log.start_batch(StartPosition::Start)).collect();
    assert!(size_of_val(&readers[0]) < 128, "and points to nothing of its own");
    let mut first = Vec::new();
    for reader in &mut readers {
        first.push(reader.next().unwrap().unwrap().key);
    }
    assert!(first.iter().all(|key| **key == *id(0)));
    let second = readers[199].next().unwrap().unwrap().value.unwrap();
    // All of them change, some more than once, some go, and more come.
    for value in ["2", "3"] {
        log.publish((0..SESSIONS).map(|number| (id(number), (number % 1000 > 0).then(|| value.to_owned()))));
    }
    log.publish((SESSIONS..SESSIONS + 1000).map(|number| (id(number), Some("1".to_owned()))));
    // Who began before that is told of what was true then; and who begins now, of what is true now.
    let told = |reader: &mut crate::serve::feed::Batch| {
        let told = std::iter::from_fn(|| reader.next().unwrap());
        told.map(|message| (message.key.to_string(), text(&message), message.operation)).collect::<Vec<_>>()
    };
    for reader in &mut readers[..3] {
        let told = told(reader);
        assert_eq!(told.len(), SESSIONS - 1);
        let is_then = |(number, one): (usize, &(String, Option<String>, &str))| {
            *one == (id(number + 1), Some("1".to_owned()), "insert")
        };
        assert!(told.iter().enumerate().all(is_then));
    }
    let now = told(&mut log.start_batch(StartPosition::Start));
    assert_eq!(now.len(), SESSIONS - 100 + 1000);
    // And from there who began before is told of what came since: of what it knew, and of what it did not.
    let mut later = log.start_batch(StartPosition::At(readers[0].tail()));
    assert_eq!(later.next().unwrap().unwrap().operation, "delete");
    let words: Vec<_> = told(&mut later).into_iter().map(|(.., operation)| operation).collect();
    let count = |word| words.iter().filter(|one| **one == word).count();
    assert_eq!((count("delete"), count("update"), count("insert")), (99, SESSIONS - 100, 1000));
    // What was overtaken is kept until the last of them has gone.
    readers.truncate(1);
    assert!(second.upgrade().is_some());
    readers.clear();
    assert!(second.upgrade().is_none());
}

#[test]
fn cursors_never_stand_still_nor_go_back() {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_728_432_000);
    let now = epoch + Duration::from_secs(20 * 1000 + 7);
    assert_eq!(cursor::next_cursor(now, None), "1000");
    assert_eq!(cursor::next_cursor(now, Some("999")), "1000");
    for of_client in ["1000", "1001", "123456"] {
        let next: u64 = cursor::next_cursor(now, Some(of_client)).parse().unwrap();
        let of_client: u64 = of_client.parse().unwrap();
        assert!((of_client + 1..=of_client + 180).contains(&next), "{next}");
    }
    for odd in ["", "-1", "x", "1e9", "0", "00999"] {
        assert_eq!(cursor::next_cursor(now, Some(odd)), "1000", "{odd}");
    }
    // However large the client's is.
    for of_client in [u64::MAX.to_string(), "9".repeat(23), "9".repeat(200), format!("00{}", u128::MAX)] {
        let next = cursor::next_cursor(now, Some(&of_client));
        let of_client = of_client.trim_start_matches('0');
        assert!((next.len(), &*next) > (of_client.len(), of_client), "{next} after {of_client}");
    }
    assert_eq!(cursor::next_cursor(SystemTime::UNIX_EPOCH, None), "0", "the clock is wrong");
}

#[test]
fn the_guard_lets_in_who_is_here_and_only_reads() {
    let status = |method: Method, uri: &str, headers: &[(header::HeaderName, &'static str)]| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        request_policy::find_refusal(&method, &uri.parse::<Uri>().unwrap(), &headers).map(|(status, _)| status)
    };
    let host = (header::HOST, "127.0.0.1:4450");
    assert_eq!(status(Method::GET, "/", std::slice::from_ref(&host)), None);
    assert_eq!(status(Method::HEAD, "/", &[host.clone(), (header::ORIGIN, "http://localhost:1")]), None);
    assert_eq!(status(Method::GET, "/", &[]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "http://evil.example/", std::slice::from_ref(&host)), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::POST, "/", std::slice::from_ref(&host)), Some(StatusCode::METHOD_NOT_ALLOWED));
    assert_eq!(status(Method::OPTIONS, "/", std::slice::from_ref(&host)), None);
    // Who is not from here learns nothing, not even what could be asked.
    assert_eq!(status(Method::POST, "/", &[(header::HOST, "evil.example")]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "/", &[host, (header::CONTENT_LENGTH, "+0")]), Some(StatusCode::PAYLOAD_TOO_LARGE));
}

#[test]
fn times_that_nothing_tells_stay_as_they_were_first_told() {
    let session = |signals: &[_], seconds| Session::from_evidence("s", &evidence(signals), at(seconds));
    // Nothing tells: it is "now", and would be another now at the next look.
    let mut first = session(&[], 10);
    let steady = StableTimes::keep_first_times(&mut first, None, at(10));
    assert_eq!((first.rule, first.since), ("unknown", at(10)));
    let mut next = session(&[], 11);
    let steady = StableTimes::keep_first_times(&mut next, Some(&steady), at(11));
    assert_eq!((next.since, next.last_activity_at), (at(10), at(10)));
    // What something tells is told, and with another rule begins another time.
    let mut told = session(&[("stop", 12, "{}")], 13);
    let steady = StableTimes::keep_first_times(&mut told, Some(&steady), at(13));
    assert_eq!((told.since, told.last_activity_at), (at(12), at(12)));
    let mut unknown = session(&[], 20);
    StableTimes::keep_first_times(&mut unknown, Some(&steady), at(20));
    assert_eq!(unknown.since, at(20));
    // A signal from the future is heard of now, at every look.
    let mut ahead = session(&[("stop", 100, "{}")], 30);
    let steady = StableTimes::keep_first_times(&mut ahead, None, at(30));
    let mut later = session(&[("stop", 100, "{}")], 31);
    StableTimes::keep_first_times(&mut later, Some(&steady), at(31));
    assert_eq!((ahead.last_activity_at, later.last_activity_at), (at(30), at(30)));
}
