//! The calls that a hook makes to the operating system.
//!
//! There are two implementations with the same functions. `linux` makes raw system calls without the C library, on `x86_64` and
//! `aarch64`. `portable` uses std, on every other system, and everywhere if the environment variable `SESSION_SIGNALS_PORTABLE` is
//! set during the build. The rest of the crate does not depend on which one is used. `macos` adds what only macOS needs.

mod buffer;
#[cfg(freestanding)]
mod linux;
#[cfg(any(target_os = "macos", test))]
mod macos;
#[cfg(not(freestanding))]
mod portable;

#[cfg(freestanding)]
pub use linux::*;
#[cfg(not(freestanding))]
pub use portable::*;

pub use buffer::Buffer;
#[cfg(target_os = "macos")]
pub use macos::{OpenFile, ProcessInfo, child_ids, open_process_end, process_ids, read_process_arguments};

use crate::time::Time;

/// An error number of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

/// The result of a call.
pub type Result<T> = core::result::Result<T, Errno>;

/// What a hook needs to know about a file. A symbolic link is not followed.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// It is a regular file.
    pub is_file: bool,
    /// Its modification time.
    pub modified: Time,
    /// Its length in bytes.
    pub len: u64,
}

/// What a hook needs to know about the signal directory.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// It belongs to the effective user of this process.
    pub is_ours: bool,
    /// Its permission bits.
    pub mode: u32,
}

/// How often an interrupted call is made. A hook handles no signals, so no call should ever be interrupted.
const RETRIES: usize = 16;
