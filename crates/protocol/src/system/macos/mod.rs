//! What macOS tells of processes and of the machine, by calls that std does not have. Nothing here has ever been run on a Mac.
//!
//! What the answers of the system mean is pure and is tested on every system. The tests for macOS compare every number and every
//! offset with the crate `libc`, at compile time.

#[cfg(all(test, target_os = "macos"))]
mod layout_checks;
#[cfg(target_os = "macos")]
mod libproc;
#[cfg(target_os = "macos")]
mod machine;
mod open_file;
#[cfg(target_os = "macos")]
mod process_arguments;
#[cfg(target_os = "macos")]
mod process_end;
mod process_info;
#[cfg(target_os = "macos")]
mod rename;
#[cfg(test)]
mod tests;

#[cfg(target_os = "macos")]
pub use libproc::{child_ids, process_ids};
#[cfg(target_os = "macos")]
pub use machine::machine_id;
pub use open_file::OpenFile;
#[cfg(target_os = "macos")]
pub use process_arguments::read_process_arguments;
#[cfg(target_os = "macos")]
pub use process_end::open_process_end;
pub use process_info::ProcessInfo;
#[cfg(target_os = "macos")]
pub use rename::{exchange, rename_new};
