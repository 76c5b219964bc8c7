//! What the system tells of the process that listens on a port.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(target_os = "macos", test))]
mod lsof;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod portable;

#[cfg(target_os = "linux")]
pub use linux::{find_listener, read_environment};
#[cfg(target_os = "macos")]
pub use macos::{find_listener, read_environment};
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub use portable::{find_listener, read_environment};
