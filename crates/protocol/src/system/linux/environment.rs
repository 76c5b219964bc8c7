//! What the kernel puts on the stack of a new process.

use core::ffi::CStr;

/// The environment variables and the auxiliary vector of the process.
pub struct Environment {
    stack: *const usize,
}

impl Environment {
    /// Finds the environment on the stack of the process.
    ///
    /// # Safety
    /// `stack` must be the stack pointer at process entry. There are argc, the arguments, 0, the environment, 0, and the auxiliary
    /// vector.
    #[must_use]
    pub unsafe fn at(stack: *const usize) -> Self {
        Self { stack }
    }

    fn variables(&self) -> impl Iterator<Item = &'static CStr> {
        let mut at = self.first_variable();
        core::iter::from_fn(move || {
            // SAFETY: the environment ends at the first null pointer, and each of its strings ends in NUL.
            unsafe {
                let pointer = *at as *const core::ffi::c_char;
                at = at.add(1);
                (!pointer.is_null()).then(|| CStr::from_ptr(pointer))
            }
        })
    }

    fn first_variable(&self) -> *const usize {
        // SAFETY: before the environment, there are argc, as many arguments, and a null pointer.
        unsafe { self.stack.add(1 + *self.stack + 1) }
    }

    /// Returns the value of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static [u8]> {
        let value = |variable: &'static CStr| variable.to_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=");
        self.variables().find_map(value)
    }

    /// Returns a random number that nobody can predict. The kernel gives every process 16 random bytes.
    #[must_use]
    pub fn random(&self) -> u64 {
        const AT_RANDOM: usize = 25;
        // SAFETY: the auxiliary vector follows the environment and its null pointer. It is a list of pairs, and the key 0 ends it.
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
