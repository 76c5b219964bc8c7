//! What may be removed from the spool though no event clears it. `hooks doctor --fix` and `sessions serve` do it alike.
//!
//! The spool is looked at without its lock: hooks wait 200 ms for it, and a look at very many signals takes longer.
//! Each removal then takes the lock, looks at that session again, and holds the lock for a few system calls.

mod fault;
mod files;
mod held;
mod old;
mod remnants;
pub mod retention;

pub use fault::{SignalFault, hollow_wait, superseded_signals};
pub use files::SignalFiles;
pub use held::{LockedStore, remove_old_ends};
pub use old::old_ended_sessions;
pub use remnants::{holds_signal, leftovers};
