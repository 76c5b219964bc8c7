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

pub use fault::{Fault, hollow, overtaken};
pub use files::Files;
pub use held::{Held, forget};
pub use old::old;
pub use remnants::{is_signal, remnants};
