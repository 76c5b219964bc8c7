//! The executable `sessions`, on what the hooks leave and on what nobody should.

mod containers;
mod hostile;
pub mod list;
mod watch;
