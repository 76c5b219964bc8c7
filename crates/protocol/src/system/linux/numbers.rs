//! The numbers of the system calls, and the flags that differ between CPUs.

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

#[cfg(target_arch = "x86_64")]
mod x86_64 {
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
mod aarch64 {
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
