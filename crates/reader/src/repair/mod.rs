//! Repairs the signal files of a session: if a reader that has only the files sees something else than a reader of all sources,
//! the files are changed.
//!
//! A repair is planned without a lock. It is carried out under the lock of the hooks, and only if the files are still those of
//! the evidence. A repaired signal is one nanosecond newer than what it replaces, so every event that comes, or that waits for
//! the lock, is newer.

mod apply_plan;
mod repair_plan;
mod repaired_signal;

pub use apply_plan::apply_plan;
pub use repair_plan::{RepairPlan, plan_repair};
#[cfg(test)]
pub use {repair_plan::state_by_files, repaired_signal::repaired_signal};
