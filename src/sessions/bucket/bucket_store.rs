//! The bucket on the server: its subjects and entries, how it is opened, and how it is made.

use std::time::Duration;

use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamError, GetStreamErrorKind};
use async_nats::jetstream::kv::Store;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{Context, ErrorCode};

use super::bucket_key::BucketKey;
use super::connect::describe;

/// The name of the bucket.
const BUCKET: &str = "sessions";

/// For how long an entry stays if nobody writes it again. So what a machine has written leaves by itself when the machine is gone, and
/// no other machine needs the right to remove it.
pub const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// In how many copies a cluster keeps the bucket.
const REPLICAS: usize = 3;

/// Returns the subject of a key of the bucket.
pub fn subject_of(key: &BucketKey) -> String {
    format!("$KV.{BUCKET}.{key}")
}

/// Reads the newest entry of a key. `None` if there is none. The error is a sentence.
///
/// Only the leader of the bucket answers this. The key-value store of the client would ask any server of the cluster, also one that
/// cannot be reached any more.
pub async fn read_entry(jetstream: &Context, key: &BucketKey) -> Result<Option<StreamMessage>, String> {
    let stream = jetstream.get_stream_no_info(stream_name()).await.map_err(|error| describe(&error))?;
    match stream.get_last_raw_message_by_subject(&subject_of(key)).await {
        Ok(message) => Ok(Some(message)),
        Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
        Err(error) => Err(describe(&error)),
    }
}

/// Opens the bucket. `None` if there is none. The error is a sentence.
pub async fn open_bucket(jetstream: &Context) -> Result<Option<Store>, String> {
    match jetstream.get_key_value(BUCKET).await {
        Ok(store) => Ok(Some(store)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(format!("the bucket cannot be opened: {}", describe(&error))),
    }
}

/// Opens the bucket, and makes it if there is none. The error is a sentence.
pub async fn open_or_make_bucket(jetstream: &Context) -> Result<Store, String> {
    if let Some(store) = open_bucket(jetstream).await? {
        return Ok(store);
    }
    make_bucket(jetstream).await.map_err(|error| {
        format!("there is no bucket, and this machine cannot make it ({error}). Whoever runs the server must make it: see docs/publish.md")
    })?;
    open_bucket(jetstream).await?.ok_or_else(|| "the bucket is gone again".to_owned())
}

/// Makes the bucket: in several copies if the server is one of a cluster.
async fn make_bucket(jetstream: &Context) -> Result<(), String> {
    // This is a bucket of the key-value store, with one exception. No message can roll up others: such a message removes the entries of
    // all machines, whichever key it has.
    let config = Config {
        name: stream_name(),
        description: Some("sessions of Claude Code, published by session-signals".to_owned()),
        subjects: vec![format!("$KV.{BUCKET}.>")],
        max_messages_per_subject: 1,
        max_age: MAX_AGE,
        storage: StorageType::File,
        discard: DiscardPolicy::New,
        num_replicas: REPLICAS,
        // For other clients, such as `nats kv get`.
        allow_direct: true,
        deny_delete: true,
        deny_purge: true,
        ..Default::default()
    };
    let Err(error) = jetstream.create_stream(config.clone()).await else { return Ok(()) };
    let is_alone = matches!(error.kind(), CreateStreamErrorKind::JetStream(error)
        if error.error_code() == ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED);
    if !is_alone {
        return Err(describe(&error));
    }
    jetstream.create_stream(Config { num_replicas: 1, ..config }).await.map(drop).map_err(|error| describe(&error))
}

/// Returns the name of the stream that keeps the bucket.
fn stream_name() -> String {
    format!("KV_{BUCKET}")
}

/// Returns whether the server has said that there is no such bucket.
fn is_missing(error: &dyn std::error::Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<GetStreamError>());
    cause.is_some_and(|cause| {
        matches!(cause.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
    })
}
