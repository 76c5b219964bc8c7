//! The executable `sessions`: the list, `--watch`, and evidence that is unusual or hostile.

mod containers;
mod hostile;
pub mod list;
mod registry;
pub mod registry_entry;
mod watch;
