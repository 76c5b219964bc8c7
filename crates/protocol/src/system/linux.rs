//! Raw Linux system calls for `x86_64` and `aarch64`: no libc, hence none of its start-up cost.
//!
//! Every `unsafe` here hands the kernel pointers to live memory of the length it is told.
#![allow(unsafe_code)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "the kernel's types"
)]

use core::arch::asm;
use core::ffi::CStr;

use super::{Access, Errno, Metadata, RETRIES, Result};
use crate::text::{Name, Terminated};
use crate::time::Time;

#[cfg(target_arch = "x86_64")]
mod nr {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const MMAP: usize = 9;
    pub const RT_SIGPROCMASK: usize = 14;
    pub const NANOSLEEP: usize = 35;
    pub const UNAME: usize = 63;
    pub const FCNTL: usize = 72;
    pub const FLOCK: usize = 73;
    pub const GETEUID: usize = 107;
    pub const GETPPID: usize = 110;
    pub const CLOCK_GETTIME: usize = 228;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
    pub const MKDIRAT: usize = 258;
    pub const UNLINKAT: usize = 263;
    pub const RENAMEAT: usize = 264;
    pub const LINKAT: usize = 265;
    pub const PPOLL: usize = 271;
    pub const UTIMENSAT: usize = 280;
    pub const RENAMEAT2: usize = 316;
    pub const STATX: usize = 332;
    pub const O_DIRECTORY: usize = 0o200_000;
    pub const O_NOFOLLOW: usize = 0o400_000;
}

#[cfg(target_arch = "aarch64")]
mod nr {
    pub const FCNTL: usize = 25;
    pub const FLOCK: usize = 32;
    pub const MKDIRAT: usize = 34;
    pub const UNLINKAT: usize = 35;
    pub const LINKAT: usize = 37;
    pub const RENAMEAT: usize = 38;
    pub const OPENAT: usize = 56;
    pub const CLOSE: usize = 57;
    pub const READ: usize = 63;
    pub const WRITE: usize = 64;
    pub const PPOLL: usize = 73;
    pub const UTIMENSAT: usize = 88;
    pub const EXIT_GROUP: usize = 94;
    pub const NANOSLEEP: usize = 101;
    pub const CLOCK_GETTIME: usize = 113;
    pub const RT_SIGPROCMASK: usize = 135;
    pub const UNAME: usize = 160;
    pub const GETPPID: usize = 173;
    pub const GETEUID: usize = 175;
    pub const MMAP: usize = 222;
    pub const RENAMEAT2: usize = 276;
    pub const STATX: usize = 291;
    pub const O_DIRECTORY: usize = 0o40_000;
    pub const O_NOFOLLOW: usize = 0o100_000;
}

const O_WRONLY: usize = 1;
const O_CREAT: usize = 0o100;
const O_EXCL: usize = 0o200;
const O_NONBLOCK: usize = 0o4_000;
const O_CLOEXEC: usize = 0o2_000_000;
const AT_FDCWD: usize = -100_isize as usize;
const AT_SYMLINK_NOFOLLOW: usize = 0x100;
const AT_EMPTY_PATH: usize = 0x1000;
const STATX_BASIC_STATS: usize = 0x7ff;
const EINTR: i32 = 4;
const EAGAIN: i32 = 11;

/// # Safety
/// The kernel must find what it expects at every argument that it takes for a pointer.
#[cfg(target_arch = "x86_64")]
unsafe fn raw(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the registers of the system call convention; the kernel clobbers rcx and r11.
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => result, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// # Safety
/// The kernel must find what it expects at every argument that it takes for a pointer.
#[cfg(target_arch = "aarch64")]
unsafe fn raw(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the registers of the system call convention.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a[0] as isize => result, in("x1") a[1], in("x2") a[2],
            in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
    }
    result
}

/// # Safety
/// As for [`raw`].
unsafe fn call<const N: usize>(number: usize, arguments: [usize; N]) -> Result<usize> {
    const { assert!(N <= 5, "the sixth is 0") };
    let at = |n| arguments.get(n).copied().unwrap_or_default();
    // SAFETY: the caller's promise.
    unsafe { retry(number, at(0), at(1), at(2), at(3), at(4)) }
}

/// # Safety
/// As for [`raw`].
#[inline(never)] // else it stands at every call: 1 KB; and its arguments in registers: as much again
unsafe fn retry(
    number: usize,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
) -> Result<usize> {
    let mut errno = 0;
    for _ in 0..RETRIES {
        // SAFETY: the caller's promise.
        let result = unsafe { raw(number, [first, second, third, fourth, fifth, 0]) };
        if result >= 0 {
            return Ok(result.cast_unsigned());
        }
        errno = result.unsigned_abs() as i32;
        if errno != EINTR {
            break;
        }
    }
    Err(Errno(errno))
}

/// Where the kernel reads `value`.
fn input<T: ?Sized>(value: &T) -> usize {
    (&raw const *value).cast::<u8>() as usize
}

/// Where the kernel writes to `value`: so nothing that cannot change is ever handed to it.
fn output<T: ?Sized>(value: &mut T) -> usize {
    (&raw mut *value).cast::<u8>() as usize
}

#[repr(C)]
#[derive(Default)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

/// The realtime clock.
///
/// # Errors
/// Only where the kernel refuses the call.
pub fn now() -> Result<Time> {
    clock(0)
}

/// A clock that nobody sets, in milliseconds.
///
/// # Errors
/// Only where the kernel refuses the call.
pub fn monotonic() -> Result<u64> {
    clock(1).map(|time| time.to_nanoseconds() / 1_000_000)
}

fn clock(id: usize) -> Result<Time> {
    let mut time = Timespec::default();
    // SAFETY: `time` is a timespec. 0 is CLOCK_REALTIME, 1 CLOCK_MONOTONIC.
    unsafe { call(nr::CLOCK_GETTIME, [id, output(&mut time)]) }?;
    Ok(Time::new(time.seconds, time.nanoseconds as u32))
}

/// Makes a file that grows past its limit, or a broken pipe, an error like any other. Either would end the process.
///
/// Blocked, not ignored: that is one call for both.
pub fn block_signals() {
    const SIGPIPE: u64 = 13;
    const SIGXFSZ: u64 = 25;
    let signals: u64 = 1 << (SIGPIPE - 1) | 1 << (SIGXFSZ - 1);
    // SAFETY: 0 is SIG_BLOCK; reads the eight bytes of `signals`. Where it is refused, all is as it was.
    let _ = unsafe { call(nr::RT_SIGPROCMASK, [0, input(&signals), 0, 8]) };
}

/// Lets `milliseconds` (below 1,000) pass.
pub fn sleep(milliseconds: u32) {
    let time = Timespec { seconds: 0, nanoseconds: i64::from(milliseconds) * 1_000_000 };
    // SAFETY: `time` is a timespec; no rest is asked for. Sleeping less than told harms nobody.
    let _ = unsafe { call(nr::NANOSLEEP, [input(&time), 0]) };
}

/// The process that started this one; 0 where it is of another pid namespace, or the system does not say.
#[must_use]
pub fn parent_id() -> u32 {
    // SAFETY: takes no argument. It fails only where a filter of system calls makes it.
    (unsafe { raw(nr::GETPPID, [0; 6]) }).max(0) as u32
}

/// The machine's node name.
#[must_use]
pub fn node_name() -> Option<Name> {
    let mut names = [[0_u8; 65]; 6];
    // SAFETY: `names` is a `struct new_utsname`.
    unsafe { call(nr::UNAME, [output(&mut names)]) }.ok()?;
    let name = CStr::from_bytes_until_nul(&names[1]).ok()?;
    Some(Name::concat(&[name.to_bytes()]))
}

/// The inode of this process's pid namespace.
#[must_use]
pub fn pid_namespace() -> Option<u64> {
    statx(AT_FDCWD, c"/proc/self/ns/pid".into(), 0).ok().map(|stat| stat.inode)
}

/// Fills `buffer` from the start of the file at `path`; how many bytes there were.
///
/// # Errors
/// Where it cannot be opened or read.
pub fn read_path(path: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    read_file(AT_FDCWD, path, buffer)
}

fn read_file(directory: usize, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
    // O_NONBLOCK: a FIFO planted since it was looked at must not hold us up.
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

fn read(descriptor: usize, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: the kernel writes at most `buffer.len()` bytes to `buffer`.
    unsafe { call(nr::READ, [descriptor, output(buffer), buffer.len()]) }
}

fn open(directory: usize, name: Terminated<'_>, flags: usize, mode: usize) -> Result<File> {
    // SAFETY: `name` ends in NUL.
    unsafe { call(nr::OPENAT, [directory, input(name.bytes()), flags | O_CLOEXEC, mode]) }.map(File)
}

/// Fresh memory, all zero, that costs nothing until it is touched. It is never given back: a hook is short.
///
/// # Errors
/// Where there is none.
pub fn allocate_pages(len: usize) -> Result<&'static mut [u8]> {
    // PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS.
    // SAFETY: the kernel picks an unused place; nothing else knows of it, so the reference is the only one.
    unsafe {
        let start = call(nr::MMAP, [0, len, 3, 0x22, usize::MAX])?;
        Ok(core::slice::from_raw_parts_mut(start as *mut u8, len))
    }
}

/// Writes one line to standard error, as far as it takes it.
pub fn write_error_line(line: &[u8]) {
    // SAFETY: reads `line` only. There is nobody left to tell of an error.
    let _ = unsafe { call(nr::WRITE, [2, input(line), line.len()]) };
}

/// Ends the process.
pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: does not return.
        unsafe { raw(nr::EXIT_GROUP, [code as usize, 0, 0, 0, 0, 0]) };
    }
}

/// Standard input, which must bring what it has within a time limit.
pub struct Stdin {
    left: Timespec,
}

impl Stdin {
    /// Waits no longer than `milliseconds` (below 10,000) in all.
    #[must_use]
    pub fn with_limit(milliseconds: u32) -> Self {
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
        Self { left: Timespec { seconds: seconds.into(), nanoseconds: i64::from(rest) * 1_000_000 } }
    }

    /// The next bytes; 0 at the end; `None` where the time is up.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<Option<usize>> {
        #[repr(C)]
        struct Poll {
            descriptor: i32,
            events: i16,
            returned: i16,
        }
        for _ in 0..RETRIES {
            let mut poll = Poll { descriptor: 0, events: 1, returned: 0 };
            // SAFETY: one pollfd, in which the kernel leaves what it found; one timespec, in which it leaves the time
            // that remains; no signal mask.
            let ready = unsafe { call(nr::PPOLL, [output(&mut poll), 1, output(&mut self.left), 0, 0])? };
            if ready == 0 {
                return Ok(None);
            }
            match read(0, buffer) {
                Err(Errno(EAGAIN)) => {} // somebody else read it
                result => return result.map(Some),
            }
        }
        Err(Errno(EAGAIN))
    }
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
    /// Where they cannot all be written.
    pub fn write_all(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            // SAFETY: the kernel reads at most `bytes.len()` bytes of `bytes`.
            let count = unsafe { call(nr::WRITE, [self.0, input(bytes), bytes.len()]) }?;
            if count == 0 {
                return Err(Errno(28)); // ENOSPC: POSIX lets a full device say so like this
            }
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Sets when it was modified (and read).
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn set_modified(&mut self, time: Time) -> Result<()> {
        let one = || Timespec { seconds: time.seconds().cast_signed(), nanoseconds: time.nanoseconds().into() };
        let times = [one(), one()];
        // SAFETY: two timespecs; no path means the descriptor itself.
        unsafe { call(nr::UTIMENSAT, [self.0, 0, input(&times), 0]) }.map(drop)
    }
}

/// An open directory; every name is looked up in it, wherever it is moved.
pub struct Directory(File);

impl Directory {
    /// Opens the directory at `path`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(path: Terminated<'_>) -> Result<Self> {
        open(AT_FDCWD, path, nr::O_DIRECTORY, 0).map(Self)
    }

    /// Makes the directory at `path`, mode 0700.
    ///
    /// # Errors
    /// Where something is there, or it cannot be made.
    pub fn create(path: Terminated<'_>) -> Result<()> {
        // SAFETY: `path` ends in NUL.
        unsafe { call(nr::MKDIRAT, [AT_FDCWD, input(path.bytes()), 0o700]) }.map(drop)
    }

    /// Whose it is, and who may write to it.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn access(&self) -> Result<Access> {
        let stat = statx(self.0.0, c"".into(), AT_EMPTY_PATH)?;
        // SAFETY: takes no argument and cannot fail.
        let user = unsafe { raw(nr::GETEUID, [0; 6]) } as u32;
        Ok(Access { is_ours: stat.user == user, mode: u32::from(stat.mode) & 0o7777 })
    }

    /// Takes the directory's lock; `false` where another process holds it. It goes with this value.
    ///
    /// # Errors
    /// Where the file system has no locks.
    pub fn try_lock(&self) -> Result<bool> {
        // SAFETY: LOCK_EX | LOCK_NB, no pointer.
        match unsafe { call(nr::FLOCK, [self.0.0, 2 | 4]) } {
            Ok(_) => Ok(true),
            Err(Errno(EAGAIN)) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// What `name` is.
    ///
    /// # Errors
    /// Where there is no such name.
    pub fn metadata(&self, name: Terminated<'_>) -> Result<Metadata> {
        let stat = statx(self.0.0, name, AT_SYMLINK_NOFOLLOW)?;
        let modified = Time::new(stat.modified.seconds, stat.modified.nanoseconds);
        Ok(Metadata { is_file: stat.mode & 0o170_000 == 0o100_000, modified, len: stat.len })
    }

    /// Fills `buffer` from the start of `name`; how many bytes there were.
    ///
    /// # Errors
    /// Where it cannot be opened (a symbolic link is not followed) or read.
    pub fn read(&self, name: Terminated<'_>, buffer: &mut [u8]) -> Result<usize> {
        read_file(self.0.0, name, buffer)
    }

    /// Makes a new file, mode 0600 or narrower.
    ///
    /// # Errors
    /// Where `name` is taken, be it by a symbolic link, or cannot be made.
    pub fn create_file(&self, name: Terminated<'_>) -> Result<File> {
        open(self.0.0, name, O_WRONLY | O_CREAT | O_EXCL | nr::O_NOFOLLOW, 0o600)
    }

    /// Gives `from` the name `to`, in the place of what had it.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn rename(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT, from, to, 0)
    }

    /// The same, but only where nothing has the name `to`.
    ///
    /// # Errors
    /// Where something has it, or the file system cannot do this.
    pub fn rename_new(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT2, from, to, 1)
    }

    /// Gives each of two files the other's name, at one moment.
    ///
    /// # Errors
    /// Where one of them is missing, or the file system cannot do this.
    pub fn exchange(&self, one: Terminated<'_>, other: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::RENAMEAT2, one, other, 2)
    }

    /// Gives the file `from` a second name, where nothing has it.
    ///
    /// # Errors
    /// Where something has it, or the file system cannot do this.
    pub fn link(&self, from: Terminated<'_>, to: Terminated<'_>) -> Result<()> {
        self.call_with_names(nr::LINKAT, from, to, 0)
    }

    fn call_with_names(&self, number: usize, from: Terminated<'_>, to: Terminated<'_>, flags: usize) -> Result<()> {
        // SAFETY: both names end in NUL.
        unsafe { call(number, [self.0.0, input(from.bytes()), self.0.0, input(to.bytes()), flags]) }.map(drop)
    }

    /// Deletes the file `name`.
    ///
    /// # Errors
    /// Where there is none, or it cannot be deleted.
    pub fn remove(&self, name: Terminated<'_>) -> Result<()> {
        // SAFETY: `name` ends in NUL.
        unsafe { call(nr::UNLINKAT, [self.0.0, input(name.bytes()), 0]) }.map(drop)
    }
}

/// `struct statx`: unlike `struct stat`, the same on every CPU.
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
    // SAFETY: `name` ends in NUL; `stat` is a `struct statx`, every bit pattern of which is a value.
    unsafe {
        let arguments = [directory, input(name.bytes()), flags, STATX_BASIC_STATS, output(&mut stat)];
        call(nr::STATX, arguments)?;
        Ok(stat.assume_init())
    }
}

/// What the kernel gave the process at its start.
pub struct Environment {
    stack: *const usize,
}

impl Environment {
    /// # Safety
    /// `stack` is the stack pointer at process entry: argc, arguments, 0, environment, 0, auxiliary vector.
    #[must_use]
    pub unsafe fn at(stack: *const usize) -> Self {
        Self { stack }
    }

    fn variables(&self) -> impl Iterator<Item = &'static CStr> {
        let mut at = self.first_variable();
        core::iter::from_fn(move || {
            // SAFETY: the vector ends at the first null pointer, and each string in it with NUL.
            unsafe {
                let pointer = *at as *const core::ffi::c_char;
                at = at.add(1);
                (!pointer.is_null()).then(|| CStr::from_ptr(pointer))
            }
        })
    }

    fn first_variable(&self) -> *const usize {
        // SAFETY: argc arguments and a null pointer stand before the environment.
        unsafe { self.stack.add(1 + *self.stack + 1) }
    }

    /// The value of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static [u8]> {
        let value = |variable: &'static CStr| variable.to_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=");
        self.variables().find_map(value)
    }

    /// Bits that nobody can foresee: the kernel gives every process 16 random bytes.
    #[must_use]
    pub fn random(&self) -> u64 {
        const AT_RANDOM: usize = 25;
        // SAFETY: the auxiliary vector, pairs up to the key 0, stands behind the environment and its null pointer.
        unsafe {
            let mut at = self.first_variable().add(self.variables().count() + 1);
            while *at != 0 {
                if *at == AT_RANDOM {
                    return (*at.add(1) as *const u64).read_unaligned();
                }
                at = at.add(2);
            }
        }
        0
    }
}

/// Takes a lease for reading on an open file, and gives it back: whether nobody has the file open for writing.
/// No hook asks; `hooks install` does. Who opens the file for writing in between is told by SIGIO to the caller.
///
/// # Errors
/// Where the file system or the rights give no lease.
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

/// What an error means, in the words of the C library.
#[must_use]
pub fn describe_error(errno: Errno) -> Name {
    let known: [u8; 15] = [1, 2, 5, 12, 13, 17, 20, 21, 24, 27, 28, 30, 36, 40, 122];
    let words = b"\
        Operation not permitted\n\
        No such file or directory\n\
        Input/output error\n\
        Cannot allocate memory\n\
        Permission denied\n\
        File exists\n\
        Not a directory\n\
        Is a directory\n\
        Too many open files\n\
        File too large\n\
        No space left on device\n\
        Read-only file system\n\
        File name too long\n\
        Too many levels of symbolic links\n\
        Disk quota exceeded\n\
        error";
    let number = known.iter().position(|known| i32::from(*known) == errno.0).unwrap_or(known.len());
    let known = crate::byte_list::nth_line(words, number);
    let mut text = Name::concat(&[known, b" (os error "]);
    text.push_decimal(errno.0.unsigned_abs().into(), 1);
    text.push(b")");
    text
}
