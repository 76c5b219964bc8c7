//! Where the soak's sessions live, and what was done to all of them.

use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// What was done to all sessions.
#[derive(Default)]
pub struct Counts {
    pub done: AtomicU64,
    pub failed_on_full_disk: AtomicU64,
    pub killed_hooks: AtomicU64,
    pub killed_clis: AtomicU64,
    /// A hook failed and changed something all the same.
    pub changed: AtomicU64,
    /// What else went wrong.
    pub errors: Mutex<Vec<String>>,
}

/// Where the sessions live.
pub struct World {
    pub home: PathBuf,
    /// What stands for the CLI.
    pub cli: PathBuf,
    pub is_full: AtomicBool,
    pub counts: Counts,
}

impl World {
    pub fn spool(&self) -> PathBuf {
        self.home.join("session-signals")
    }
}

/// Any number below this one.
pub fn random(below: u64) -> u64 {
    RandomState::new().hash_one(()) % below
}
