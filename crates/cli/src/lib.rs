//! What the executables `hooks` and `sessions` share. README.md beside this crate says what belongs here.

pub mod environment;
mod exit_status;
mod finding_id;
pub mod generate;
mod harmless;
mod private_dir;
mod tested_version;
mod wait;

pub use exit_status::{EXIT_STATUSES, ExitStatus};
pub use finding_id::{FINDING_IDS, FindingId};
pub use harmless::is_harmless;
pub use private_dir::PrivateDirFault;
pub use tested_version::NEWEST_TESTED_CLI;
pub use wait::wait_until;
