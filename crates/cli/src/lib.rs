//! What the executables `hooks` and `sessions` share. README.md beside this crate says what belongs here.

pub mod environment;
mod exit_status;
mod private_dir;
mod wait;

pub use exit_status::{EXIT_STATUSES, ExitStatus};
pub use private_dir::PrivateDirFault;
pub use wait::wait_until;
