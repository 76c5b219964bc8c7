//! The executable `sessions`: the list, `--watch`, and evidence that is unusual or hostile.

mod command_line;
mod containers;
mod events;
pub mod followed_events;
#[cfg(feature = "nats")]
mod from_server;
mod hostile;
mod jump;
mod line;
pub mod list;
#[cfg(feature = "nats")]
mod lossy_proxy;
#[cfg(feature = "nats")]
mod nats_credentials;
#[cfg(feature = "nats")]
pub mod nats_server;
pub mod notify;
#[cfg(feature = "nats")]
mod packaged_nats;
#[cfg(feature = "nats")]
pub mod packaged_nats_files;
#[cfg(feature = "nats")]
mod publish;
#[cfg(feature = "nats")]
mod publish_faults;
#[cfg(feature = "nats")]
mod publish_secrets;
#[cfg(feature = "nats")]
pub mod published_bucket;
mod reading_gaps;
mod registry;
pub mod registry_entry;
mod remote;
mod remote_faults;
#[cfg(feature = "nats")]
mod several_servers;
mod ssh_machine;
mod ssh_stand_in;
mod terminal;
mod wait;
mod watch;
#[cfg(not(feature = "nats"))]
mod without_nats;
