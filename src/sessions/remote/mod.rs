//! The sessions of the machines that `--ssh` names. Each of them has `sessions`, and the user's own ssh reaches it.
//!
//! Nothing is installed or written on another machine. `ssh` runs `sessions` there, and this program merges what it prints
//! into the list. A machine that cannot be reached is reported, and the others are shown all the same.

mod end_by_signal;
mod followed_machine;
mod read_machines;
mod remote_command;
mod remote_session;
mod ssh_output;
mod ssh_run;
mod ssh_target;

pub use end_by_signal::end_connections_by_signal;
pub use followed_machine::{FollowedMachine, end_connections};
pub use read_machines::read_machines;
pub use remote_command::MARK;
pub use ssh_target::SshTarget;
