//! Which machine this is.

use core::ffi::{c_int, c_long};

use crate::text::Name;

/// How long the system may take, as `struct timespec`.
#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: c_long,
}

#[allow(unsafe_code)]
unsafe extern "C" {
    /// See gethostuuid(3).
    fn gethostuuid(id: *mut [u8; 16], wait: *const Timespec) -> c_int;
}

/// Returns the id of this machine in hexadecimal digits. A Mac changes its host name with the network, and keeps this id.
#[must_use]
pub fn machine_id() -> Option<Name> {
    let mut id = [0; 16];
    let wait = Timespec { seconds: 1, nanoseconds: 0 };
    // SAFETY: `id` is a `uuid_t`, and `wait` a timespec that is only read.
    #[allow(unsafe_code)]
    let result = unsafe { gethostuuid(&raw mut id, &raw const wait) };
    if result != 0 {
        return None;
    }
    let (first, second) = id.split_at(8);
    let mut name = Name::default();
    for half in [first, second] {
        name.push_hex(half.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)));
    }
    Some(name)
}
