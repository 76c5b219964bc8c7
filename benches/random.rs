//! Random numbers.

use std::hash::{BuildHasher as _, RandomState};

/// Returns a random number that is less than `limit`.
pub fn random_below(limit: u64) -> u64 {
    RandomState::new().hash_one(()) % limit
}
