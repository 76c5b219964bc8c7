//! Reads what the bucket has of this machine.

use std::time::{Duration, Instant};

use async_nats::jetstream::consumer::{DeliverPolicy, PullConsumer, pull};
use async_nats::jetstream::kv::Store;
use futures_util::StreamExt as _;

use super::super::backoff::random_fraction;
use super::super::bucket_key::BucketKey;
use super::super::connect::{Connection, describe};
use super::super::host_name::HostName;
use super::super::server_clock::ServerClock;
use super::super::shared_session::urgent_part;
use super::super::whole_reading::WholeReading;
use super::send_plan::{HeldValue, HeldValues, hash_value};

/// The header of an entry that says that its key is deleted.
const OPERATION: &str = "KV-Operation";

/// How long the server may take for each entry.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A reading of the keys of a machine's sessions.
pub struct KeyReading {
    consumer: PullConsumer,
    /// The clock of the server.
    pub clock: ServerClock,
    prefix_len: usize,
    max_age: Duration,
}

impl KeyReading {
    /// Begins to read. The server says what time it is.
    pub async fn begin(connection: &Connection, store: &Store, host: &HostName) -> Result<Self, String> {
        let config = pull::Config {
            deliver_policy: DeliverPolicy::LastPerSubject,
            ack_policy: async_nats::jetstream::consumer::AckPolicy::None,
            filter_subject: format!("{}s.{host}.>", store.prefix),
            inactive_threshold: TIMEOUT,
            ..Default::default()
        };
        let consumer = connection
            .ask(|| store.stream.create_consumer(config.clone()))
            .await
            .map_err(|reason| cannot_read(&reason))?;
        let clock = ServerClock::new(consumer.cached_info().created.unix_timestamp_nanos());
        Ok(Self { consumer, clock, prefix_len: store.prefix.len(), max_age: store.stream.cached_info().config.max_age })
    }

    /// Reads all of them.
    pub async fn read(self) -> Result<HeldValues, String> {
        let mut held = HeldValues::new();
        let mut reading = WholeReading::new(self.consumer.cached_info().num_pending);
        let failed = |error: &dyn std::error::Error| cannot_read(&describe(error));
        let mut messages = self.consumer.messages().await.map_err(|error| failed(&error))?;
        while reading.missing() > 0 {
            let next = tokio::time::timeout(TIMEOUT, messages.next()).await;
            let message = next.map_err(|_| "the server does not send the keys of this machine".to_owned())?;
            let message = message.ok_or_else(|| "the server has sent only some keys of this machine".to_owned())?;
            let message = message.map_err(|error| failed(&error))?;
            let info = message.info().map_err(|error| failed(&*error))?;
            reading.count(&message.subject, info.pending);
            let is_deleted = message.headers.as_ref().is_some_and(|headers| headers.get(OPERATION).is_some());
            let key = message.subject.get(self.prefix_len..).and_then(BucketKey::parse);
            let Some(BucketKey::Session { session_id, .. }) = key.filter(|_| !is_deleted) else { continue };
            let age = self.clock.age_of(info.published.unix_timestamp_nanos());
            let value = HeldValue {
                hash: hash_value(&message.payload),
                urgent: urgent_part(&message.payload),
                sent_at: None,
                renew_at: renewal_time(self.max_age, age),
            };
            held.insert(session_id, value);
        }
        Ok(held)
    }
}

fn cannot_read(reason: &str) -> String {
    format!("the keys of this machine cannot be read: {reason}")
}

/// Returns when a value of this age must be sent again in a bucket that drops entries of this age: in the middle of its time, and not
/// all values at the same moment. `None` if the bucket drops nothing.
pub fn renewal_time(max_age: Duration, age: Duration) -> Option<Instant> {
    let renewed = max_age.mul_f64(0.4 + 0.2 * random_fraction());
    (!max_age.is_zero()).then(|| Instant::now() + renewed.saturating_sub(age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_sent_again_long_before_the_bucket_drops_it() {
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(renewal_time(Duration::ZERO, day), None);
        for age in [Duration::ZERO, day / 4, day] {
            let wait = renewal_time(day, age).unwrap().saturating_duration_since(Instant::now());
            assert!(age + wait <= day.mul_f64(0.61).max(age + Duration::from_secs(1)), "{age:?} {wait:?}");
        }
        assert_ne!(renewal_time(day, Duration::ZERO), renewal_time(day, Duration::ZERO));
    }
}
