//! The memory routines that the compiler expects from the C library, for executables without it.
#![allow(unsafe_code)]
// Each has one caller, in another crate. The development profile does not optimise that crate, and a loop over bytes needs it.
#![allow(clippy::inline_always, reason = "each has one caller, in another crate")]

// These are loops over volatile accesses, or single instructions. The optimiser would turn any other loop into a call of the
// same function.

/// Copies `len` bytes, as `memcpy` does.
///
/// # Safety
/// As for `memcpy`.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline(never))]
pub unsafe fn copy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as for the caller. The direction flag is clear at every call.
    unsafe {
        core::arch::asm!("rep movsb", inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: as for the caller.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) }
    }
    to
}

/// Copies `len` bytes, also if the two ranges overlap, as `memmove` does.
///
/// # Safety
/// As for `memmove`.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline(never))]
pub unsafe fn copy_overlapping(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    if (to as usize).wrapping_sub(from as usize) >= len {
        // SAFETY: as for the caller. In ascending order, no byte is overwritten before it is read.
        return unsafe { copy(to, from, len) };
    }
    for at in (0..len).rev() {
        // SAFETY: as for the caller.
        unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) }
    }
    to
}

/// Sets `len` bytes to `byte`, as `memset` does.
///
/// # Safety
/// As for `memset`.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline(never))]
pub unsafe fn fill(to: *mut u8, byte: u8, len: usize) -> *mut u8 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as for the caller. The direction flag is clear at every call.
    unsafe {
        core::arch::asm!("rep stosb", inout("rcx") len => _, inout("rdi") to => _, in("al") byte,
            options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    for at in 0..len {
        // SAFETY: as for the caller.
        unsafe { to.add(at).write_volatile(byte) }
    }
    to
}

/// Compares `len` bytes, as `memcmp` does.
///
/// # Safety
/// As for `memcmp`.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline(never))]
#[must_use]
pub unsafe fn compare(left: *const u8, right: *const u8, len: usize) -> i32 {
    for at in 0..len {
        // SAFETY: as for the caller.
        let (a, b) = unsafe { (left.add(at).read_volatile(), right.add(at).read_volatile()) };
        if a != b {
            return i32::from(a) - i32::from(b);
        }
    }
    0
}

/// Returns the length of a text that ends in NUL, as `strlen` does.
///
/// # Safety
/// As for `strlen`.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline(never))]
#[must_use]
pub unsafe fn length(text: *const u8) -> usize {
    let mut len = 0;
    // SAFETY: as for the caller.
    while unsafe { text.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len
}
