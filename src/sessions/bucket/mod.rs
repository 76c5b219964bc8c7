//! The bucket: what machines tell each other about their sessions.
//!
//! A NATS server keeps it in its key-value store. Each machine writes its own keys: one for each session, and a *beat*
//! that says that the machine still writes. Everybody with access reads all keys. Everything that knows NATS is in this folder.
//!
//! | file or folder | what it owns |
//! | --- | --- |
//! | `host_name.rs`, `bucket_key.rs` | the keys |
//! | `shared_session.rs`, `publish_text.rs`, `host_beat.rs` | the values: what of a session leaves the machine, and the beat |
//! | `server_url.rs`, `credentials.rs`, `connect.rs` | how the server is reached |
//! | `check_sharing.rs` | whether the options of a server can be used |
//! | `bucket_store.rs` | the bucket on the server: its subjects and entries, how it is opened or made |
//! | `whole_reading.rs` | when all that the bucket had has come |
//! | `server_clock.rs`, `backoff.rs`, `instance_file.rs` | the clock that counts, pauses between attempts, and the id of this installation |
//! | `follow/` | `sessions --from`: reads the keys of the other machines |
//! | `publish/` | `sessions serve --publish`: writes the keys of this machine |
//!
//! Without the cargo feature `nats` there is no client. The options exist all the same, so that an error can say what is missing.

#[cfg(feature = "nats")]
mod backoff;
#[cfg(feature = "nats")]
mod bucket_key;
#[cfg(feature = "nats")]
mod bucket_store;
#[cfg(feature = "nats")]
mod check_sharing;
#[cfg(feature = "nats")]
mod connect;
#[cfg(feature = "nats")]
mod credentials;
#[cfg(feature = "nats")]
mod follow;
#[cfg(feature = "nats")]
mod host_beat;
mod host_name;
#[cfg(feature = "nats")]
mod instance_file;
#[cfg(feature = "nats")]
mod publish;
mod publish_text;
#[cfg(feature = "nats")]
mod server_clock;
mod server_url;
#[cfg(feature = "nats")]
mod shared_session;
#[cfg(feature = "nats")]
mod whole_reading;
#[cfg(not(feature = "nats"))]
mod without_client;

#[cfg(feature = "nats")]
pub use check_sharing::check_sharing;
#[cfg(feature = "nats")]
pub use follow::{follow_bucket, read_bucket};
pub use host_name::HostName;
#[cfg(feature = "nats")]
pub use publish::Publisher;
pub use publish_text::PublishText;
pub use server_url::ServerUrl;
#[cfg(not(feature = "nats"))]
pub use without_client::{Publisher, check_sharing, follow_bucket, read_bucket};

/// Comes if nothing can be published at all.
pub type PublishFailure = tokio::sync::oneshot::Receiver<std::io::Error>;
