//! Files and directories.

use super::call::{EAGAIN, Timespec, call, input, output, raw};
use super::numbers as nr;
use crate::system::{Access, Errno, Metadata, Result};
use crate::text::Terminated;
use crate::time::Time;

const O_WRONLY: usize = 1;
const O_CREAT: usize = 0o100;
const O_EXCL: usize = 0o200;
const O_NONBLOCK: usize = 0o4_000;
const O_CLOEXEC: usize = 0o2_000_000;
const AT_FDCWD: usize = -100_isize as usize;
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const AT_EMPTY_PATH: usize = 0x1000;
const STATX_BASIC_STATS: usize = 0x7ff;

/// Reads from the start of a file until the buffer is full or the file ends. Returns how many bytes were read.
///
/// # Errors
/// If the file cannot be opened or read.
pub fn read_path(path: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    read_file(AT_FDCWD, path, buffer)
}

fn read_file(directory: usize, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    // O_NONBLOCK: somebody may have put a FIFO in the file's place, and to open it must not block.
    let file = open(directory, name, nr::O_NOFOLLOW | O_NONBLOCK, 0)?;
    let mut len = 0;
    while len < buffer.len() {
        match read(file.0, &mut buffer[len..])? {
            0 => break,
            count => len += count,
        }
    }
    Ok(len)
}

pub fn read(descriptor: usize, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
    unsafe { call(nr::READ, [descriptor, output(buffer), buffer.len()]) }
}

fn open(directory: usize, name: Terminated<'_>, flags: usize, mode: usize) -> Result<File> {
    // SAFETY: `name` ends in NUL.
    unsafe { call(nr::OPENAT, [directory, input(name.bytes()), flags | O_CLOEXEC, mode]) }.map(File)
}

/// An open file; closed when dropped.
pub struct File(usize);

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: this value owns the descriptor. An error leaves it closed all the same.
        let _ = unsafe { call(nr::CLOSE, [self.0]) };
    }
}

impl File {
    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// If not all bytes can be written.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            // SAFETY: the kernel reads at most `bytes.len()` bytes of `bytes`.
            let count = unsafe { call(nr::WRITE, [self.0, input(bytes), bytes.len()]) }?;
            if count == 0 {
                return Err(Errno(28)); // ENOSPC: on a full device, POSIX allows a write of 0 bytes
            }
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Sets the modification time, and the access time as well.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn set_modified(&mut self, time: Time) -> Result<()> {
        let one = || Timespec { seconds: time.seconds().cast_signed(), nanoseconds: time.nanoseconds().into() };
        let times = [one(), one()];
        // SAFETY: two timespecs; no path means the descriptor itself.
        unsafe { call(nr::UTIMENSAT, [self.0, 0, input(&times), 0]) }.map(drop)
    }
}

/// An open directory. Names are looked up in it even if it is renamed.
pub struct Directory(File);

impl Directory {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// If there is no such directory.
    pub fn open(path: Terminated<'_>) -> Result<Self> {
        open(AT_FDCWD, path, nr::O_DIRECTORY, 0).map(Self)
    }

    /// Makes a directory with mode 0700.
    ///
    /// # Errors
    /// If the name is taken, or the directory cannot be made.
    pub fn create(path: Terminated<'_>) -> Result<()> {
        // SAFETY: `path` ends in NUL.
        unsafe { call(nr::MKDIRAT, [AT_FDCWD, input(path.bytes()), 0o700]) }.map(drop)
    }

    /// Returns the owner and the permission bits of the directory.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn access(&self) -> Result<Access> {
        let stat = statx(self.0.0, c"".into(), AT_EMPTY_PATH)?;
        // SAFETY: the call has no argument and cannot fail.
        let user = unsafe { raw(nr::GETEUID, [0; 6]) } as u32;
        Ok(Access { is_ours: stat.user == user, mode: u32::from(stat.mode) & 0o7777 })
    }

    /// Takes the directory's lock. Returns `false` if another process holds it. The lock is released when this value is dropped.
    ///
    /// # Errors
    /// If the file system has no locks.
    pub fn try_lock(&self) -> Result<bool> {
        // SAFETY: LOCK_EX | LOCK_NB, no pointer.
        match unsafe { call(nr::FLOCK, [self.0.0, 2 | 4]) } {
            Ok(_) => Ok(true),
            Err(Errno(EAGAIN)) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Returns the metadata of a file, and does not follow a symbolic link.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn metadata(&self, name: Terminated<'_>) -> Result<Metadata> {
        let stat = statx(self.0.0, name, AT_SYMLINK_NOFOLLOW)?;
        let modified = Time::new(stat.modified.seconds, stat.modified.nanoseconds);
        Ok(Metadata { is_file: stat.mode & 0o170_000 == 0o100_000, modified, len: stat.len })
    }

    /// Reads from the start of a file until the buffer is full or the file ends. Returns how many bytes were read.
    ///
    /// # Errors
    /// If the file cannot be opened or read, or is a symbolic link.
    pub fn read(&self, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
        read_file(self.0.0, name, buffer)
    }

    /// Makes a new file with mode 0600, or fewer permissions if the umask says so.
    ///
    /// # Errors
    /// If the name is taken, also by a symbolic link, or the file cannot be made.
    pub fn create_file(&self, name: Terminated<'_>) -> Result<File> {
        open(self.0.0, name, O_WRONLY | O_CREAT | O_EXCL | nr::O_NOFOLLOW, 0o600)
    }

    /// Renames a file, and replaces the one that has the new name.
    ///
    /// # Errors
    /// The system's error.
    pub fn rename(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT, from, to, 0)
    }

    /// Renames a file if the new name is free.
    ///
    /// # Errors
    /// If the new name is taken, or the file system cannot do this in one step.
    pub fn rename_new(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT2, from, to, 1)
    }

    /// Exchanges the names of two files in one step.
    ///
    /// # Errors
    /// If one of them is missing, or the file system cannot do this.
    pub fn exchange(&self, one: Terminated<'_>, other: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT2, one, other, 2)
    }

    /// Makes a hard link: gives the file `from` the second name `to`.
    ///
    /// # Errors
    /// If the second name is taken, or the file system has no hard links.
    pub fn link(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::LINKAT, from, to, 0)
    }

    fn call_with_names(&self, number: usize, from: Terminated<'_>, to: Terminated<'_>, flags: usize) -> Result<()> {
        // SAFETY: both names end in NUL.
        unsafe { call(number, [self.0.0, input(from.bytes()), self.0.0, input(to.bytes()), flags]) }.map(drop)
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// If there is no such file, or it cannot be deleted.
    pub fn remove(&self, name: Terminated<'_>) -> Result<()> {
        // SAFETY: `name` ends in NUL.
        unsafe { call(nr::UNLINKAT, [self.0.0, input(name.bytes()), 0]) }.map(drop)
    }
}

/// The kernel's `struct statx`. Unlike `struct stat`, it is the same on every CPU.
#[repr(C)]
struct Statx {
    mask: u32,
    block_size: u32,
    attributes: u64,
    links: u32,
    user: u32,
    group: u32,
    mode: u16,
    _spare: u16,
    inode: u64,
    len: u64,
    blocks: u64,
    attributes_mask: u64,
    accessed: StatxTime,
    born: StatxTime,
    changed: StatxTime,
    modified: StatxTime,
    _rest: [u64; 16],
}

#[repr(C)]
struct StatxTime {
    seconds: i64,
    nanoseconds: u32,
    _spare: i32,
}

const _: () = assert!(size_of::<Statx>() == 256);

fn statx(directory: usize, name: Terminated<'_>, flags: usize) -> Result<Statx> {
    let mut stat = core::mem::MaybeUninit::<Statx>::zeroed();
    // SAFETY: `name` ends in NUL. `stat` is a `struct statx`, and every bit pattern is a valid one.
    unsafe {
        let arguments = [directory, input(name.bytes()), flags, STATX_BASIC_STATS, output(&mut stat)];
        call(nr::STATX, arguments)?;
        Ok(stat.assume_init())
    }
}

/// Returns the inode of the file at `path`.
///
/// # Errors
/// If there is no such file.
pub fn inode_of(path: Terminated<'_>) -> Result<u64> {
    statx(AT_FDCWD, path, 0).map(|stat| stat.inode)
}

/// Returns whether no process has an open file open for writing. No hook uses this; `hooks install` does.
///
/// It takes a read lease on the file and gives it back. If a process opens the file for writing in between, the kernel sends
/// SIGIO to the caller.
///
/// # Errors
/// If the file system has no leases, or the caller may not take one.
pub fn has_no_writer(file: i32) -> Result<bool> {
    const F_SETLEASE: usize = 1024;
    const F_RDLCK: usize = 0;
    const F_UNLCK: usize = 2;
    // SAFETY: no pointer.
    match unsafe { call(nr::FCNTL, [file as usize, F_SETLEASE, F_RDLCK]) } {
        Ok(_) => {}
        Err(Errno(EAGAIN)) => return Ok(false),
        Err(errno) => return Err(errno),
    }
    // SAFETY: no pointer.
    unsafe { call(nr::FCNTL, [file as usize, F_SETLEASE, F_UNLCK]) }.map(|_| true)
}
