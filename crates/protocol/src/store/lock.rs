//! The lock of the signal directory.

use crate::system::{self, Directory};

/// How long a hook waits for the lock, in milliseconds, before it goes on without the lock.
pub const LOCK_TIMEOUT_MS: u32 = 200;

/// Others are waited for, but not for ever: who holds the lock may have been stopped.
pub fn lock_with_timeout(directory: &Directory, patience: u32) -> bool {
    let mut begin = None;
    loop {
        match directory.try_lock() {
            Ok(true) => return true,
            Ok(false) => {}
            Err(_) => return false,
        }
        let Ok(now) = system::monotonic() else { return false };
        let waited = u32::try_from(now - *begin.get_or_insert(now)).unwrap_or(patience);
        if waited >= patience {
            return false;
        }
        system::sleep((waited / 4).clamp(1, 10).min(patience - waited));
    }
}
