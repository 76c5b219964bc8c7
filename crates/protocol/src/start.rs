//! Process entry, panic and memory routines for executables without libc.
#![allow(unsafe_code)]
#![allow(clippy::inline_always, reason = "each has one caller, in another crate")]

/// Makes the executable that this stands in run [`crate::hook::run`] with the given [`crate::event::Hook`].
///
/// What it defines must stand in the executable: in the library it would replace the C library's own in the
/// executables that use std. A panic cannot happen as far as anyone knows; if one does, the hook ends with 1.
#[macro_export]
#[cfg(freestanding)]
macro_rules! entry {
    ($hook:expr) => {
        #[cfg(target_arch = "x86_64")]
        core::arch::global_asm!(
            ".globl _start", "_start:", "xor %ebp, %ebp", "mov %rsp, %rdi", "and $-16, %rsp", "call {start}", "ud2",
            start = sym start, options(att_syntax)
        );
        #[cfg(target_arch = "aarch64")]
        core::arch::global_asm!(
            ".globl _start", "_start:", "mov x29, #0", "mov x30, #0", "mov x0, sp", "b {start}", start = sym start
        );

        #[allow(unsafe_code)]
        extern "C" fn start(stack: *const usize) -> ! {
            // SAFETY: the kernel enters at _start, which passes the stack pointer on.
            let environment = unsafe { $crate::sys::Environment::at(stack) };
            $crate::sys::exit($crate::hook::run($hook, &environment))
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::sys::write_error_line(b"hook: internal error\n");
            $crate::sys::exit(1)
        }

        // core is built to unwind, and asks for this where nothing is optimised away.
        #[cfg(debug_assertions)]
        #[allow(unsafe_code)]
        #[unsafe(no_mangle)]
        extern "C" fn rust_eh_personality() {}

        #[allow(unsafe_code)]
        mod memory {
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
                unsafe { $crate::start::copy(to, from, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
                unsafe { $crate::start::copy_overlapping(to, from, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
                unsafe { $crate::start::fill(to, byte as u8, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
                unsafe { $crate::start::compare(left, right, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
                unsafe { $crate::start::compare(left, right, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn strlen(text: *const u8) -> usize {
                unsafe { $crate::start::length(text) }
            }
        }
    };
}

/// Makes the executable that this stands in run [`crate::hook::run`] with the given [`crate::event::Hook`].
#[macro_export]
#[cfg(not(freestanding))]
macro_rules! entry {
    ($hook:expr) => {
        fn main() {
            std::process::exit($crate::hook::run($hook, &$crate::sys::Environment::default()))
        }
    };
}

// Loops over volatile accesses, or single instructions: from anything else the optimiser would make calls
// to the very functions that these are.

/// `memcpy`.
///
/// # Safety
/// As for `memcpy`.
#[cfg(freestanding)]
#[inline(always)]
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller's promise; the direction flag is clear at every call.
    unsafe {
        core::arch::asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: the caller's promise.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) }
    }
    to
}

/// `memmove`.
///
/// # Safety
/// As for `memmove`.
#[cfg(freestanding)]
#[inline(always)]
pub unsafe fn copy_overlapping(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= len {
        // SAFETY: ascending, nothing is overwritten before it is read.
        return unsafe { copy(to, from, len) };
    }
    for at in (0..len).rev() {
        // SAFETY: the caller's promise.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) }
    }
    to
}

/// `memset`.
///
/// # Safety
/// As for `memset`.
#[cfg(freestanding)]
#[inline(always)]
pub unsafe fn fill(to: *mut u8, byte: u8, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller's promise; the direction flag is clear at every call.
    unsafe {
        core::arch::asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte,
            options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: the caller's promise.
        unsafe { to.add(at).write_volatile(byte) }
    }
    to
}

/// `memcmp`.
///
/// # Safety
/// As for `memcmp`.
#[cfg(freestanding)]
#[inline(always)]
#[must_use]
pub unsafe fn compare(left: *const u8, right: *const u8, len: usize) -> i32 {
    for at in 0..len {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe { (left.add(at).read_volatile(), right.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// `strlen`.
///
/// # Safety
/// As for `strlen`.
#[cfg(freestanding)]
#[inline(always)]
#[must_use]
pub unsafe fn length(text: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: the caller's promise.
    while unsafe { text.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}
