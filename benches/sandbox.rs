//! What all sessions of the soak share: the configuration directory, and the counts of what was done to them.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// How often each thing happened, for all sessions together.
#[derive(Default)]
pub struct Counts {
    pub hooks_done: AtomicU64,
    pub hooks_failed_on_full_disk: AtomicU64,
    pub hooks_killed: AtomicU64,
    pub clis_killed: AtomicU64,
    /// Hooks that failed and changed a signal all the same.
    pub failed_hooks_with_changes: AtomicU64,
    /// The messages of hooks that failed for another reason.
    pub errors: Mutex<Vec<String>>,
}

/// Where the sessions run.
pub struct Sandbox {
    pub config_dir: PathBuf,
    /// The executable that stands for the CLI.
    pub cli: PathBuf,
    /// Whether the disk is full now.
    pub is_disk_full: AtomicBool,
    pub counts: Counts,
}
