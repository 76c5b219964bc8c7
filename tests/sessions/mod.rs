//! The executable `sessions`, on what the hooks leave and on what nobody should.

mod hostile;
pub mod list;
mod watch;
