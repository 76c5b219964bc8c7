//! The parts of `serve` that do no I/O.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use proptest::prelude::*;

use super::{at, signals};
use crate::evidence::Evidence;
use crate::serve::feed::Feed;
use crate::serve::frames::Frames;
use crate::serve::log::{Batch, Log};
use crate::serve::offset::{self, Offset, Refusal};
use crate::serve::steady::Steady;
use crate::serve::{cursor, guard};
use crate::session::Session;

/// A reader that does what it is told.
#[derive(Default)]
struct Reader {
    position: Option<u64>,
    known: BTreeMap<String, String>,
}

impl Reader {
    fn take(&mut self, batch: Batch) {
        for (event, operation) in batch.events {
            let key = event.key.to_string();
            let Some(value) = event.value else {
                assert_eq!(operation, "delete");
                self.known.remove(&key);
                continue;
            };
            // What it does not know can only begin.
            assert!(operation == "insert" || operation == "update" && self.known.contains_key(&key));
            assert_ne!(self.known.insert(key, value.to_string()).as_deref(), Some(&*value), "told twice");
        }
        assert!(self.position.is_none_or(|position| position <= batch.tail));
        self.position = Some(batch.tail);
    }
}

/// What happens: a session gets a value that it never had, keeps the one it has, or goes; or a reader reads.
#[derive(Clone, Debug)]
enum Step {
    Say(u8),
    Keep(u8),
    Go(u8),
    Read(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..5_u8).prop_map(Step::Say),
        1 => (0..5_u8).prop_map(Step::Keep),
        1 => (0..5_u8).prop_map(Step::Go),
        2 => (0..3_usize).prop_map(Step::Read),
    ]
}

proptest! {
    /// Whenever they read, readers know in the end what is true, are told nothing twice, and nothing of what they do not know.
    #[test]
    fn readers_of_the_log_know_what_is_true(steps in proptest::collection::vec(step(), 0..100)) {
        let mut log = Log::default();
        let mut truth = BTreeMap::new();
        let mut readers: [Reader; 3] = Default::default();
        for (number, step) in steps.into_iter().enumerate() {
            let (key, value) = match &step {
                Step::Say(key) => (key.to_string(), Some(number.to_string())),
                Step::Keep(key) => (key.to_string(), truth.get(&key.to_string()).cloned()),
                Step::Go(key) => (key.to_string(), None),
                Step::Read(_) => (String::new(), None),
            };
            match step {
                Step::Say(_) | Step::Keep(_) | Step::Go(_) => {
                    let before = log.tail();
                    let is_news = truth.get(&key) != value.as_ref();
                    prop_assert_eq!(log.append(&key, value.as_deref()), is_news);
                    prop_assert_eq!(log.tail(), before + u64::from(is_news));
                    match value {
                        Some(value) => truth.insert(key, value),
                        None => truth.remove(&key),
                    };
                }
                Step::Read(reader) => {
                    let reader = &mut readers[reader];
                    let batch = log.read(reader.position).unwrap();
                    prop_assert!(batch.events.len() <= 5, "one event a session");
                    reader.take(batch);
                    prop_assert_eq!(&reader.known, &truth);
                }
            }
        }
    }
}

#[test]
fn a_log_of_very_many_sessions_that_came_and_went_is_short() {
    let mut log = Log::default();
    log.append("stays", Some("1"));
    let early = log.tail();
    for number in 0..5000 {
        log.append(&number.to_string(), Some("1"));
        log.append(&number.to_string(), None);
    }
    assert_eq!(log.read(None).unwrap().events.len(), 1);
    // One who was here before may believe in a session that is forgotten.
    assert_eq!(log.read(Some(early)), None);
    let late = log.tail();
    assert_eq!(log.read(Some(late)).unwrap().events.len(), 0);
    log.append("stays", None);
    assert_eq!(log.read(Some(late)).unwrap().events.len(), 1);
}

#[test]
fn offsets_are_of_one_run_and_sort_as_events_do() {
    let feed = Feed::new(at(0));
    feed.publish([("s".to_owned(), Some("1".to_owned()))]);
    let show = |position| offset::show(feed.run(), position);
    assert_eq!(offset::parse("-1", &feed), Ok(Offset::Start));
    assert_eq!(offset::parse("now", &feed), Ok(Offset::Now));
    assert_eq!(offset::parse(&show(1), &feed), Ok(Offset::At(1)));
    assert_eq!(offset::parse(&show(2), &feed), Err(Refusal::Malformed), "there is no such place yet");
    let other = Feed::new(at(1));
    assert_eq!(offset::parse(&show(1), &other), Err(Refusal::Gone));
    assert!(show(9) < show(10) && show(u64::MAX) < offset::show(other.run(), 0));
    for odd in ["", "0", "1_1", "-1 ", "Now", &show(1).to_uppercase(), &format!("{}0", show(1))] {
        assert_eq!(offset::parse(odd, &feed), Err(Refusal::Malformed), "{odd}");
    }
}

#[test]
fn frames_are_a_json_array_however_they_are_cut() {
    let array = |log: &Log, opening, prefix| Frames::new(log.read(None).unwrap(), opening, prefix).collect::<Vec<_>>();
    let mut log = Log::default();
    assert_eq!(array(&log, "", ""), ["[]"]);
    let value = format!("{:?}", "x".repeat(1000));
    for number in 0..1000 {
        log.append(&format!("s{number}"), Some(&value));
    }
    let pieces = array(&log, "", "");
    assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.len() < 70_000));
    let messages: Vec<serde_json::Value> = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!((messages.len(), &messages[999]["key"]), (1000, &"s999".into()));
    let event = array(&log, "event: data\n", "data: ").concat();
    let lines = event.strip_prefix("event: data\n").unwrap().lines();
    let text: String = lines.map(|line| line.strip_prefix("data: ").unwrap()).collect();
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap(), messages);
}

#[test]
fn cursors_never_stand_still_nor_go_back() {
    let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(1_728_432_000);
    let now = epoch + Duration::from_secs(20 * 1000 + 7);
    assert_eq!(cursor::next(now, None), "1000");
    assert_eq!(cursor::next(now, Some("999")), "1000");
    for of_client in ["1000", "1001", "123456"] {
        let next: u64 = cursor::next(now, Some(of_client)).parse().unwrap();
        let of_client: u64 = of_client.parse().unwrap();
        assert!((of_client + 1..=of_client + 180).contains(&next), "{next}");
    }
    for odd in ["", "-1", "x", "99999999999999999999999", "18446744073709551615"] {
        assert_eq!(cursor::next(now, Some(odd)), "1000", "{odd}");
    }
    assert_eq!(cursor::next(SystemTime::UNIX_EPOCH, None), "0", "the clock is wrong");
}

#[test]
fn the_guard_lets_in_who_is_here_and_only_reads() {
    let status = |method: Method, uri: &str, headers: &[(header::HeaderName, &'static str)]| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        guard::refusal(&method, &uri.parse::<Uri>().unwrap(), &headers).map(|(status, _)| status)
    };
    let host = (header::HOST, "127.0.0.1:4450");
    assert_eq!(status(Method::GET, "/", std::slice::from_ref(&host)), None);
    assert_eq!(status(Method::HEAD, "/", &[host.clone(), (header::ORIGIN, "http://localhost:1")]), None);
    assert_eq!(status(Method::GET, "/", &[]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "http://evil.example/", std::slice::from_ref(&host)), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::POST, "/", std::slice::from_ref(&host)), Some(StatusCode::METHOD_NOT_ALLOWED));
    // Who is not from here learns nothing, not even what could be asked.
    assert_eq!(status(Method::POST, "/", &[(header::HOST, "evil.example")]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "/", &[host, (header::CONTENT_LENGTH, "+0")]), Some(StatusCode::PAYLOAD_TOO_LARGE));
}

#[test]
fn times_that_nothing_tells_stay_as_they_were_first_told() {
    let session = |text: &str, seconds| {
        let evidence = Evidence { signals: signals(text), ..Evidence::default() };
        Session::of("s", &evidence, at(seconds))
    };
    // Nothing tells: it is "now", and would be another now at the next look.
    let mut first = session("", 10);
    let steady = Steady::of(&mut first, None, at(10));
    assert_eq!((first.rule, first.since), ("unknown", at(10)));
    let mut next = session("", 11);
    let steady = Steady::of(&mut next, Some(&steady), at(11));
    assert_eq!((next.since, next.last_activity_at), (at(10), at(10)));
    // What something tells is told, and with another rule begins another time.
    let mut told = session("stop@12", 13);
    let steady = Steady::of(&mut told, Some(&steady), at(13));
    assert_eq!((told.since, told.last_activity_at), (at(12), at(12)));
    let mut unknown = session("", 20);
    Steady::of(&mut unknown, Some(&steady), at(20));
    assert_eq!(unknown.since, at(20));
    // A signal from the future is heard of now, at every look.
    let mut ahead = session("stop@100", 30);
    let steady = Steady::of(&mut ahead, None, at(30));
    let mut later = session("stop@100", 31);
    Steady::of(&mut later, Some(&steady), at(31));
    assert_eq!((ahead.last_activity_at, later.last_activity_at), (at(30), at(30)));
}
