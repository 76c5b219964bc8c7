//! The executable `sessions`, on what the hooks leave and on what nobody should.

mod hostile;
mod list;
mod watch;
