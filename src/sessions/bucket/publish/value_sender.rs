//! Sends what the bucket should have and has not.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::kv::Store;
use session_signals_reader::Session;
use tokio::task::JoinSet;

use super::super::backoff::Backoff;
use super::super::bucket_key::BucketKey;
use super::super::bucket_store::subject_of;
use super::super::connect::{Connection, describe};
use super::super::host_name::HostName;
use super::super::publish_text::PublishText;
use super::super::shared_session::{shared_json, urgent_part};
use super::desired_sessions::DesiredSessions;
use super::held_keys::renewal_time;
use super::publish_trouble::PublishTrouble;
use super::send_plan::{HeldValue, HeldValues, hash_value, plan_sending};

/// How many values are on their way at the same time.
const MAX_IN_FLIGHT: usize = 32;

/// The header of an entry that says what it does to its key, and its value for a deletion.
const OPERATION: &str = "KV-Operation";
const DELETE: &str = "DEL";

/// How much of the longest message is left for what is around a value.
const MESSAGE_OVERHEAD: usize = 1024;

/// Sends values, and knows which of them the bucket has. It outlives a connection.
pub struct ValueSender {
    target: Target,
    held: HeldValues,
    in_flight: BTreeSet<String>,
    sending: JoinSet<Sent>,
    /// Until when nothing is sent, because the server has refused something.
    paused_until: Option<Instant>,
}

/// Where the values go.
#[derive(Clone)]
struct Target {
    jetstream: Context,
    host: HostName,
    max_value: usize,
    max_age: Duration,
}

/// What came of sending a value.
struct Sent {
    session_id: String,
    /// What the bucket has now; `None` if the key is deleted.
    value: Option<HeldValue>,
    result: Result<(), SendFailure>,
}

/// Why a value was not taken.
enum SendFailure {
    /// The server has not answered.
    NoAnswer(String),
    /// The server has refused it, for this reason.
    Refused(String),
}

impl ValueSender {
    /// Returns a sender for a bucket that has these values.
    pub fn new(connection: &Connection, store: &Store, host: HostName, held: HeldValues) -> Self {
        let target = Target {
            jetstream: connection.jetstream.clone(),
            host,
            max_value: max_value(connection),
            max_age: store.stream.cached_info().config.max_age,
        };
        Self { target, held, in_flight: BTreeSet::new(), sending: JoinSet::new(), paused_until: None }
    }

    /// Goes on over another connection. What was on its way is sent again: nobody knows whether the bucket has it.
    pub fn use_connection(&mut self, connection: &Connection) {
        self.target.jetstream = connection.jetstream.clone();
        self.target.max_value = max_value(connection);
        self.sending = JoinSet::new();
        self.held.extend(std::mem::take(&mut self.in_flight).into_iter().map(|id| (id, HeldValue::UNKNOWN)));
        self.paused_until = None;
    }

    /// Starts to send what is missing. Returns when there may be more to send.
    pub fn start_sending(&mut self, desired: &DesiredSessions, now: Instant) -> Option<Instant> {
        if self.paused_until.is_some_and(|until| now < until) {
            return self.paused_until;
        }
        self.paused_until = None;
        let free = MAX_IN_FLIGHT.saturating_sub(self.in_flight.len());
        let (jobs, next) = desired.look(|desired| {
            let plan = plan_sending(desired, &self.held, &self.in_flight, now);
            let puts = plan.puts.into_iter().map(|id| (desired.get(&id).map(|value| value.json.clone()), id));
            let jobs: Vec<_> = puts.chain(plan.deletes.into_iter().map(|id| (None, id))).take(free).collect();
            (jobs, plan.next)
        })?;
        for (json, id) in jobs {
            self.in_flight.insert(id.clone());
            self.sending.spawn(self.target.clone().send(id, json));
        }
        next
    }

    /// Returns whether nothing is on its way and nothing was refused.
    pub fn is_idle(&self) -> bool {
        self.sending.is_empty() && self.paused_until.is_none()
    }

    /// Waits for the answer to a value. Returns why it was refused, if it was: then nothing is sent for a while. Never returns while
    /// nothing is on its way.
    pub async fn next_answer(&mut self, backoff: &mut Backoff) -> Result<Option<String>, PublishTrouble> {
        let Some(sent) = self.sending.join_next().await else { return std::future::pending().await };
        let sent = sent.map_err(|error| PublishTrouble::Server(error.to_string()))?;
        self.in_flight.remove(&sent.session_id);
        match sent.result {
            Ok(()) => {
                match sent.value {
                    Some(value) => drop(self.held.insert(sent.session_id, value)),
                    None => drop(self.held.remove(&sent.session_id)),
                }
                Ok(None)
            }
            Err(SendFailure::NoAnswer(reason)) => {
                self.held.insert(sent.session_id, HeldValue::UNKNOWN);
                Err(PublishTrouble::Server(reason))
            }
            Err(SendFailure::Refused(reason)) => {
                self.paused_until.get_or_insert_with(|| Instant::now() + backoff.next_pause());
                Ok(Some(reason))
            }
        }
    }

    /// Takes what the bucket had when it was read. The reading began at this time, so what was sent since is known better. What is on
    /// its way is decided by its answer.
    pub fn set_held(&mut self, held: HeldValues, since: Instant) {
        let old = std::mem::replace(&mut self.held, held);
        self.held.extend(old.into_iter().filter(|(_, value)| value.sent_at.is_some_and(|sent_at| sent_at >= since)));
    }
}

impl Target {
    /// Puts a value, or deletes its key if there is none.
    async fn send(self, session_id: String, json: Option<Vec<u8>>) -> Sent {
        let Some(key) = BucketKey::session(&self.host, &session_id) else {
            // Neither the model nor the bucket gives such an id.
            return Sent { session_id, value: None, result: Ok(()) };
        };
        let value = json.as_ref().map(|json| HeldValue {
            hash: hash_value(json),
            urgent: urgent_part(json),
            sent_at: Some(Instant::now()),
            renew_at: renewal_time(self.max_age, Duration::ZERO),
        });
        let (mut headers, mut payload) = (HeaderMap::new(), Vec::new());
        match json {
            Some(json) if json.len() > self.max_value => payload = shorten_json(&json),
            Some(json) => payload = json,
            None => headers.insert(OPERATION, DELETE),
        }
        let published = self.jetstream.publish_with_headers(subject_of(&key), headers, payload.into());
        let result = match published.await {
            Ok(answer) => answer.await.map(drop),
            Err(error) => Err(error),
        };
        Sent { session_id, value, result: result.map_err(|error| SendFailure::new(&error)) }
    }
}

/// Returns the most bytes of a value.
fn max_value(connection: &Connection) -> usize {
    connection.max_payload.saturating_sub(MESSAGE_OVERHEAD)
}

impl SendFailure {
    fn new(error: &PublishError) -> Self {
        match error.kind() {
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {
                Self::NoAnswer(format!("the server does not answer: {}", describe(error)))
            }
            _ => Self::Refused(format!("the server does not take the sessions: {}", describe(error))),
        }
    }
}

/// Returns less of a session whose value is too long for the server.
fn shorten_json(json: &[u8]) -> Vec<u8> {
    serde_json::from_slice::<Session>(json).map(|session| shared_json(&session, PublishText::None)).unwrap_or_default()
}
