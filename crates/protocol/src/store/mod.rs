//! The signal directory: its lock, and every change of its files.
//!
//! # Design
//!
//! A hook that cannot get the lock in time continues without it, and a process can be stopped between any two of its system
//! calls. So the lock makes conflicts rare, but correctness does not depend on it. Each operation is safe against every other
//! one:
//!
//! - A signal is put where there is no signal, or is exchanged for the one that is there.
//! - A signal that is to be deleted is first moved to a temporary name. Then the hook looks at it. The hook deletes it only
//!   if it is the version that was meant, and puts it back otherwise.

mod clear;
mod errors;
mod list_change;
mod lock;
mod publish;
mod recover;
mod revise;
mod signal_store;
mod signal_writer;

pub use list_change::ListChange;
pub use lock::LOCK_TIMEOUT_MS;
pub use publish::MAX_ATTEMPTS;
pub use recover::RECOVER_AFTER_SECONDS;
pub use signal_store::{MAX_SIGNAL_LEN, SignalStore, signal_dir_path};
pub use signal_writer::SignalWriter;
