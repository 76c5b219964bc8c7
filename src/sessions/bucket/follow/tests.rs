//! Which machines and sessions are shown, by what the bucket has and by the clock of the server.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use session_signals_reader::{Evidence, Session, SessionState};

use super::followed_hosts::FollowedHosts;
use crate::bucket::bucket_key::BucketKey;
use crate::bucket::host_beat::HostBeat;

const SECOND: i128 = 1_000_000_000;

/// A bucket whose server has a clock that the test sets. In seconds.
struct Bucket {
    hosts: FollowedHosts,
    time: i128,
}

impl Bucket {
    fn new() -> Self {
        Self { hosts: FollowedHosts::default(), time: 1000 }
    }

    fn beat(&mut self, host: &str) {
        self.beat_of(host, host);
    }

    fn beat_of(&mut self, host: &str, instance: &str) {
        let beat = HostBeat::new(instance, "run", Duration::from_secs(30)).to_json();
        self.hosts.apply(key(&format!("h.{host}")), Some(beat.as_bytes()), self.time * SECOND);
    }

    fn put(&mut self, name: &str, members: &Value) {
        // A machine may say anything of itself.
        let session = Session::from_evidence("forged", &Evidence::default(), SystemTime::UNIX_EPOCH);
        let mut value = serde_json::to_value(&session).unwrap();
        value["machine"] = "forged".into();
        value.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.hosts.apply(key(name), Some(value.to_string().as_bytes()), self.time * SECOND);
    }

    fn work(&mut self, name: &str) {
        self.put(
            name,
            &json!({"state": "working", "status": "working", "rule": "working", "reason": "", "prompt": "go"}),
        );
    }

    fn delete(&mut self, name: &str) {
        self.hosts.apply(key(name), None, self.time * SECOND);
    }

    /// Returns the changes, such as `box:a working` or `box:a gone`, sorted.
    fn changes(&mut self) -> Vec<String> {
        let state = |session: Option<Session>| session.map_or("gone", |session| session.state.word());
        let changes = self.sessions().into_iter().map(|(key, session)| format!("{key} {}", state(session)));
        let mut changes: Vec<_> = changes.collect();
        changes.sort();
        changes
    }

    fn sessions(&mut self) -> Vec<(String, Option<Session>)> {
        let time = self.time;
        self.hosts.take_changes(&age_at(time), wall(time))
    }

    fn expiry(&self) -> Option<Duration> {
        self.hosts.next_expiry(&age_at(self.time))
    }
}

fn age_at(time: i128) -> impl Fn(i128) -> Duration {
    move |created| Duration::from_nanos(u64::try_from((time * SECOND - created).max(0)).unwrap())
}

/// The clock of this machine is wrong by years.
fn wall(time: i128) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(5_000_000 + u64::try_from(time).unwrap())
}

fn key(text: &str) -> BucketKey {
    BucketKey::parse(text).unwrap()
}

#[test]
fn a_machine_is_unreachable_when_its_beat_is_older_than_its_lease_and_back_with_the_next_one() {
    let mut bucket = Bucket::new();
    bucket.beat("box");
    bucket.work("s.box.a");
    bucket.put("s.box.b", &json!({"state": "ended", "status": "idle", "rule": "ended", "hasProcess": false}));
    assert_eq!(bucket.changes(), ["box:a working", "box:b ended"]);
    bucket.time += 90;
    assert_eq!((bucket.changes(), bucket.expiry()), (vec![], Some(Duration::from_millis(1))));
    bucket.time += 1;
    let sessions = bucket.sessions();
    let [(_, Some(lost)), (_, Some(ended))] = &sessions[..] else { panic!("{}", sessions.len()) };
    let said = (lost.state, lost.status, lost.has_process, lost.rule, &*lost.reason);
    assert_eq!(said, (SessionState::Unreachable, "idle", true, "unreachable", "the machine cannot be reached"));
    assert_eq!((&lost.prompt, lost.since, lost.needs_user()), (&None, wall(1000), false));
    assert_eq!(ended.state, SessionState::Ended);
    // It says for how long, and that does not change when the bucket is read again.
    bucket.time += 50;
    assert_eq!(
        (bucket.changes(), bucket.expiry()),
        (vec![], Some(Duration::from_millis(24 * 3_600_000 - 141_000 + 1)))
    );
    // A session that still comes is not shown as if the machine were there.
    bucket.work("s.box.c");
    assert_eq!(bucket.changes(), ["box:c unreachable"]);
    bucket.beat("box");
    assert_eq!(bucket.changes(), ["box:a working", "box:b ended", "box:c working"]);
}

#[test]
fn a_machine_that_was_unreachable_for_a_day_leaves_as_it_leaves_the_bucket() {
    // The server does not tell what it removes by age.
    let mut bucket = Bucket::new();
    bucket.beat("box");
    bucket.work("s.box.a");
    bucket.changes();
    bucket.time += 24 * 3600;
    assert_eq!(bucket.changes(), ["box:a unreachable"]);
    bucket.time += 1;
    assert_eq!((bucket.changes(), bucket.expiry()), (vec!["box:a gone".to_owned()], None));
    bucket.beat("box");
    assert_eq!(bucket.changes(), ["box:a working"]);
}

#[test]
fn the_key_says_which_session_it_is_and_two_machines_may_have_one_id() {
    let mut bucket = Bucket::new();
    for host in ["one", "two"] {
        bucket.beat(host);
        bucket.put(&format!("s.{host}.same"), &json!({"state": "waiting", "rule": "stop", "reason": ""}));
    }
    let sessions = bucket.sessions();
    let named: Vec<_> = sessions
        .iter()
        .map(|(key, session)| {
            let session = session.as_ref().unwrap();
            assert_eq!(&session.key(), key);
            (&**key, &*session.session_id, &*session.reason)
        })
        .collect();
    // The reason is that of the rule if the machine publishes no text.
    assert_eq!(named, [("one:same", "same", "the turn is over"), ("two:same", "same", "the turn is over")]);
    bucket.delete("s.one.same");
    bucket.delete("s.one.never");
    assert_eq!(bucket.changes(), ["one:same gone"]);
}

#[test]
fn the_sessions_of_this_machine_are_not_shown_twice() {
    let mut bucket = Bucket::new();
    bucket.hosts.set_own_instance(Some("mine".to_owned()));
    bucket.beat_of("laptop", "mine");
    bucket.work("s.laptop.a");
    bucket.beat("box");
    bucket.work("s.box.a");
    assert_eq!(bucket.changes(), ["box:a working"]);
    bucket.work("s.laptop.b");
    bucket.time += 1000;
    assert_eq!(bucket.changes(), ["box:a unreachable"]);
    // This machine begins to publish only now.
    bucket.beat_of("box", "mine");
    assert_eq!(bucket.changes(), ["box:a gone"]);
}

#[test]
fn what_a_whole_reading_does_not_have_is_gone() {
    let mut bucket = Bucket::new();
    bucket.beat("box");
    bucket.beat("old");
    for name in ["s.box.a", "s.box.b", "s.old.a"] {
        bucket.work(name);
    }
    assert_eq!(bucket.changes().len(), 3);
    // The server was away for a while, and its clock was set forward.
    bucket.time += 100_000;
    bucket.hosts.begin_reading();
    bucket.work("s.box.c");
    bucket.delete("s.box.b");
    bucket.work("s.box.a");
    bucket.beat("box");
    bucket.hosts.end_reading();
    assert_eq!(bucket.changes(), ["box:a working", "box:b gone", "box:c working", "old:a gone"]);
    // Deletions alone change nothing that was read.
    bucket.hosts.end_reading();
    assert_eq!(bucket.changes(), Vec::<String>::new());
    // Without a beat, nobody vouches for the sessions.
    bucket.hosts.begin_reading();
    bucket.work("s.box.a");
    bucket.hosts.end_reading();
    assert_eq!(bucket.changes(), ["box:a unreachable", "box:c gone"]);
}

#[test]
fn a_session_that_cannot_be_understood_is_said_and_not_shown() {
    let mut bucket = Bucket::new();
    bucket.beat("box");
    bucket.work("s.box.a");
    assert_eq!((bucket.changes(), bucket.hosts.failure()), (vec!["box:a working".to_owned()], None));
    for value in ["", "[]", "{}", "nonsense", r#"{"format": 2}"#] {
        bucket.hosts.apply(key("s.box.a"), Some(value.as_bytes()), 0);
        assert!(bucket.hosts.failure().unwrap().starts_with("box: "), "{value}");
    }
    bucket.put("s.box.a", &json!({"format": 2}));
    assert_eq!(bucket.changes(), ["box:a gone"]);
    assert!(bucket.hosts.failure().is_some());
    bucket.work("s.box.a");
    assert_eq!((bucket.changes(), bucket.hosts.failure()), (vec!["box:a working".to_owned()], None));
    // A beat that cannot be understood is none.
    bucket.hosts.apply(key("h.box"), Some(b"{}"), 0);
    assert_eq!(bucket.changes(), ["box:a unreachable"]);
}

#[test]
fn the_next_machine_to_become_unreachable_is_waited_for() {
    let mut bucket = Bucket::new();
    bucket.beat("one");
    bucket.time += 20;
    bucket.beat("two");
    assert_eq!(bucket.expiry(), None, "nothing was shown yet");
    bucket.changes();
    assert_eq!(bucket.expiry(), Some(Duration::from_millis(70_001)));
    bucket.beat("one");
    assert_eq!(bucket.expiry(), Some(Duration::from_millis(90_001)));
}
