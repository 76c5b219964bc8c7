//! The process entry of a hook.

/// Makes the executable that this stands in run [`crate::runtime::run`] with the given [`crate::Hook`].
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
            let environment = unsafe { $crate::system::Environment::at(stack) };
            $crate::system::exit($crate::runtime::run($hook, &environment))
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::system::write_error_line(b"hook: internal error\n");
            $crate::system::exit(1)
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
                unsafe { $crate::runtime::memory::copy(to, from, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
                unsafe { $crate::runtime::memory::copy_overlapping(to, from, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
                unsafe { $crate::runtime::memory::fill(to, byte as u8, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
                unsafe { $crate::runtime::memory::compare(left, right, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
                unsafe { $crate::runtime::memory::compare(left, right, len) }
            }
            #[unsafe(no_mangle)]
            unsafe extern "C" fn strlen(text: *const u8) -> usize {
                unsafe { $crate::runtime::memory::length(text) }
            }
        }
    };
}

/// Makes the executable that this stands in run [`crate::runtime::run`] with the given [`crate::Hook`].
#[macro_export]
#[cfg(not(freestanding))]
macro_rules! entry {
    ($hook:expr) => {
        fn main() {
            std::process::exit($crate::runtime::run($hook, &$crate::system::Environment::default()))
        }
    };
}
