//! The process entry of a hook.

/// Defines the entry of an executable that runs [`crate::runtime::run`] with the given [`crate::Hook`].
///
/// The functions are defined in the executable, not in this library. In the library, they would replace those of the C library
/// in the executables that use std. No panic is known to be possible; if one happens, the hook ends with exit code 1.
#[macro_export]
#[cfg(freestanding)]
macro_rules! entry {
    ($hook:expr) => {
        #[cfg(target_arch = "x86_64")]
        core::arch::global_asm!(
            ".globl hook_start", "hook_start:", "xor %ebp, %ebp", "mov %rsp, %rdi", "and $-16, %rsp", "call {start}", "ud2",
            start = sym start, options(att_syntax)
        );
        #[cfg(target_arch = "aarch64")]
        core::arch::global_asm!(
            ".globl hook_start", "hook_start:", "mov x29, #0", "mov x30, #0", "mov x0, sp", "b {start}", start = sym start
        );

        #[allow(unsafe_code)]
        extern "C" fn start(stack: *const usize) -> ! {
            // SAFETY: the kernel starts the process at hook_start, which passes its stack pointer to this function.
            let environment = unsafe { $crate::system::Environment::at(stack) };
            $crate::system::exit($crate::runtime::run($hook, &environment))
        }

        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            $crate::system::write_error_line(b"hook: internal error\n");
            $crate::system::exit(1)
        }

        // core is built for unwinding, and refers to this function in builds without optimisation.
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

/// Defines the entry of an executable that runs [`crate::runtime::run`] with the given [`crate::Hook`].
#[macro_export]
#[cfg(not(freestanding))]
macro_rules! entry {
    ($hook:expr) => {
        fn main() {
            std::process::exit($crate::runtime::run($hook, &$crate::system::Environment::default()))
        }
    };
}
