//! Makes system calls.

use core::arch::asm;

use crate::system::{Errno, RETRIES, Result};

const EINTR: i32 = 4;
/// No data is available now, or another process holds the lock.
pub const EAGAIN: i32 = 11;

/// Makes a system call, and returns what the kernel returns: a negative number is an error number.
///
/// # Safety
/// Each argument that the kernel uses as a pointer must point to what the call expects.
#[cfg(target_arch = "x86_64")]
pub unsafe fn raw(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the registers of the system call convention; the kernel clobbers rcx and r11.
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => result, in("rdi") a[0], in("rsi") a[1], in("rdx") a[2],
            in("r10") a[3], in("r8") a[4], in("r9") a[5], lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// Makes a system call, and returns what the kernel returns: a negative number is an error number.
///
/// # Safety
/// Each argument that the kernel uses as a pointer must point to what the call expects.
#[cfg(target_arch = "aarch64")]
pub unsafe fn raw(number: usize, a: [usize; 6]) -> isize {
    let result;
    // SAFETY: the registers of the system call convention.
    unsafe {
        asm!("svc 0", in("x8") number, inlateout("x0") a[0] as isize => result, in("x1") a[1], in("x2") a[2],
            in("x3") a[3], in("x4") a[4], in("x5") a[5], options(nostack));
    }
    result
}

/// Makes a system call. An interrupted call is repeated.
///
/// # Safety
/// As for [`raw`].
pub unsafe fn call<const N: usize>(number: usize, arguments: [usize; N]) -> Result<usize> {
    const { assert!(N <= 5, "the sixth argument is 0") };
    let at = |n| arguments.get(n).copied().unwrap_or_default();
    // SAFETY: as for the caller.
    unsafe { retry(number, at(0), at(1), at(2), at(3), at(4)) }
}

/// # Safety
/// As for [`raw`].
// Not inlined, and its arguments are single numbers, which are passed in registers. Each of the two saves 1 KB.
#[inline(never)]
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
        // SAFETY: as for the caller.
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

/// Returns the address of a value that the kernel reads.
pub fn input<T: ?Sized>(value: &T) -> usize {
    (&raw const *value).cast::<u8>() as usize
}

/// Returns the address of a value that the kernel writes. It takes a mutable reference, so that the kernel never writes to a
/// value that must not change.
pub fn output<T: ?Sized>(value: &mut T) -> usize {
    (&raw mut *value).cast::<u8>() as usize
}

/// The kernel's `struct timespec`.
#[repr(C)]
#[derive(Default)]
pub struct Timespec {
    pub seconds: i64,
    pub nanoseconds: i64,
}
