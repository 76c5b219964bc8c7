//! The executable `sessions`: the list, `--watch`, and evidence that is unusual or hostile.

mod containers;
mod events;
pub mod followed_events;
mod hostile;
mod line;
pub mod list;
mod registry;
pub mod registry_entry;
mod terminal;
mod wait;
mod watch;
