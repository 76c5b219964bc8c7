//! What may be removed from the spool though no event clears it. `hooks doctor --fix` and `sessions serve` do it alike.
//!
//! The spool is looked at without its lock: hooks wait 200 ms for it, and a look at very many signals takes longer.
//! Each removal then takes the lock, looks at that session again, and holds the lock for a few system calls.

mod leftovers;
mod locked_store;
mod old_ends;
pub mod retention;
mod signal_fault;
mod signal_files;

pub use leftovers::{find_leftovers, holds_signal};
pub use locked_store::{LockedStore, remove_old_ends};
pub use old_ends::find_old_ended_sessions;
pub use signal_fault::{SignalFault, empty_signal_wait, find_superseded_signals};
pub use signal_files::SignalFiles;
