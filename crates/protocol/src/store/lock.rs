//! The lock of the signal directory.

use crate::system::{self, Directory};

/// How long a hook waits for the lock, in milliseconds, before it continues without the lock.
pub const LOCK_TIMEOUT_MS: u32 = 200;

/// Takes the lock, and returns whether it did. Waits no longer than `timeout_ms` milliseconds, because the process that holds
/// the lock may have been stopped. Returns `false` at once if the file system has no locks.
pub fn lock_with_timeout(directory: &Directory, timeout_ms: u32) -> bool {
    let mut start = None;
    loop {
        match directory.try_lock() {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => return false,
        }
        let Ok(now) = system::monotonic() else { return false };
        let waited = u32::try_from(now - *start.get_or_insert(now)).unwrap_or(timeout_ms);
        if waited >= timeout_ms {
            return false;
        }
        system::sleep((waited / 4).clamp(1, 10).min(timeout_ms - waited));
    }
}
