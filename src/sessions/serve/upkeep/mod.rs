//! Upkeep: what the server writes, removes and ends while it runs, so that also programs that read only the files see the
//! truth.

mod cleanup;
mod reap_daemons;
mod repair;

pub use cleanup::clean_repeatedly;
pub use reap_daemons::reap_repeatedly;
pub use repair::Repairer;
