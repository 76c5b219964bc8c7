//! An open file of another process.

#[cfg(target_os = "macos")]
use core::ffi::c_int;

use super::process_info::{long_at, word_at};

/// `PROC_PIDFDVNODEINFO` of `<sys/proc_info.h>`.
#[cfg(target_os = "macos")]
pub(super) const FILE: c_int = 1;
/// The length of `struct vnode_fdinfo`.
pub(super) const FILE_LEN: usize = 176;
/// Where the number of the device begins in it.
pub(super) const DEVICE: usize = 24;
/// Where the inode begins in it.
pub(super) const INODE: usize = 32;

/// Which file a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFile {
    /// The number of its device, of which stat(2) may extend the sign.
    pub device: u32,
    /// Its inode.
    pub inode: u64,
}

impl OpenFile {
    /// Reads which file is the standard input of a process. `None` if it is no file, if there is no such process, or if the process is
    /// another user's.
    #[cfg(target_os = "macos")]
    #[must_use]
    pub fn read_stdin(pid: u32) -> Option<Self> {
        let mut bytes = [0; FILE_LEN];
        super::libproc::read_descriptor(pid, 0, FILE, &mut bytes).then(|| Self::from_bytes(&bytes))
    }

    /// Reads the bytes of a `struct vnode_fdinfo`.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; FILE_LEN]) -> Self {
        Self { device: word_at(bytes, DEVICE), inode: long_at(bytes, INODE) }
    }
}
