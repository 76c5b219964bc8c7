//! Removes files from the signal directory that no event will clear. `hooks doctor --fix` and `sessions serve` use it.
//!
//! Files are looked for without the lock of the directory, because hooks wait only 200 ms for it, and a look at very many
//! signals takes longer. Each removal then takes the lock, looks at its file again, and holds the lock for a few system calls.
//!
//! This module is for the executables of session-signals. Its items may change in any version.

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
