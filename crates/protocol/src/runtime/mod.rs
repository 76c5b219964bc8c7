//! The process of a hook: its entry, its memory routines, and what it does from standard input to its exit code.

mod entry;
#[cfg(freestanding)]
pub mod memory;
mod run_hook;

pub use run_hook::{MAX_EVENT_AGE, run};
