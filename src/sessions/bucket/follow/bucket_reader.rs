//! One reading of the bucket: all that it has, and then each change, until the connection is lost.

use async_nats::jetstream::consumer::push::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{DeliverPolicy, ReplayPolicy};
use async_nats::jetstream::message::Message;
use futures_util::StreamExt as _;

use crate::bucket::bucket_key::BucketKey;
use crate::bucket::bucket_store::open_bucket;
use crate::bucket::connect::{BucketServer, ConnectFailure, Connection, connect, describe};
use crate::bucket::server_clock::ServerClock;
use crate::bucket::whole_reading::WholeReading;

/// The headers that tell that an entry was removed.
const REMOVAL_HEADERS: [&str; 2] = ["KV-Operation", "Nats-Marker-Reason"];

/// The entry of a key.
pub struct BucketEntry {
    pub key: BucketKey,
    /// `None` if the key was deleted.
    pub value: Option<Vec<u8>>,
    /// When the server took the entry, in nanoseconds since 1970.
    pub created: i128,
}

/// A reading that goes on.
pub struct BucketReader {
    connection: Connection,
    messages: Ordered,
    prefix: String,
    clock: ServerClock,
    reading: WholeReading,
}

impl BucketReader {
    /// Connects, and begins to read.
    pub async fn open(server: &BucketServer) -> Result<Self, ConnectFailure> {
        let connection = connect(server).await?;
        let store = open_bucket(&connection.jetstream)
            .await?
            .ok_or_else(|| "no machine has published its sessions there yet".to_owned())?;
        let config = || OrderedConfig {
            deliver_subject: connection.jetstream.client().new_inbox(),
            filter_subject: format!("{}>", store.prefix),
            replay_policy: ReplayPolicy::Instant,
            deliver_policy: DeliverPolicy::LastPerSubject,
            ..OrderedConfig::default()
        };
        let failed = |error: String| format!("the bucket cannot be read: {error}");
        let consumer = connection.ask(|| store.stream.create_consumer(config())).await.map_err(failed)?;
        let info = consumer.cached_info();
        let clock = ServerClock::new(info.created.unix_timestamp_nanos());
        let reading = WholeReading::new(info.num_pending);
        let messages = consumer.messages().await.map_err(|error| failed(describe(&error)))?;
        Ok(Self { connection, messages, prefix: store.prefix, clock, reading })
    }

    /// Returns the clock of the server.
    pub fn clock(&self) -> ServerClock {
        self.clock
    }

    /// Returns how many keys are missing that the bucket had when the reading began.
    pub fn missing(&self) -> usize {
        self.reading.missing()
    }

    /// Waits for the next entry. Returns `None` for an entry that no machine of ours has written. The error is a sentence.
    pub async fn next_entry(&mut self) -> Result<Option<BucketEntry>, String> {
        let message = tokio::select! {
            message = self.messages.next() => message,
            () = self.connection.lost() => None,
        };
        let lost = || self.connection.refusal().unwrap_or_else(|| "the connection was lost".to_owned());
        // The server sends something every few seconds, if only to say that nothing is new.
        let message = message.ok_or_else(lost)?.map_err(|_| "the server does not answer any more".to_owned())?;
        let info = message.info().map_err(|error| describe(&*error))?;
        self.reading.count(&message.subject, info.pending);
        let created = info.published.unix_timestamp_nanos();
        let key = message.subject.strip_prefix(&self.prefix).and_then(BucketKey::parse);
        let value = (!is_removal(&message)).then(|| message.payload.to_vec());
        Ok(key.map(|key| BucketEntry { key, value, created }))
    }
}

fn is_removal(message: &Message) -> bool {
    let headers = message.headers.as_ref();
    headers.is_some_and(|headers| REMOVAL_HEADERS.iter().any(|name| headers.get(*name).is_some()))
}
