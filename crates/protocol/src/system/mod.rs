//! The few calls a hook makes of its system, behind one boundary.
//!
//! `linux.rs` makes them without libc; `portable.rs` makes the same ones through std, for every other
//! system and for `RUSTFLAGS="--cfg portable"`. Nothing above this module knows which one it has.

mod buffer;
#[cfg(freestanding)]
mod linux;
#[cfg(not(freestanding))]
mod portable;

#[cfg(freestanding)]
pub use linux::*;
#[cfg(not(freestanding))]
pub use portable::*;

pub use buffer::Buffer;

use crate::time::Time;

/// The system's number for what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

/// What a call returns.
pub type Result<T> = core::result::Result<T, Errno>;

/// What a hook asks of a file, without following a symbolic link.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    /// A regular file.
    pub is_file: bool,
    /// When it was last modified.
    pub modified: Time,
    /// Its length in bytes.
    pub len: u64,
}

/// What a hook asks of the spool directory.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    /// It belongs to the user this process acts for.
    pub is_ours: bool,
    /// Its permission bits.
    pub mode: u32,
}

/// How often an interrupted call is made again. A hook handles no signal, so none ever should be.
const RETRIES: usize = 16;
