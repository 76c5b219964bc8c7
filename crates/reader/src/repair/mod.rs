//! Heals the spool: where the files alone say something else than all the evidence, they are made to say the same.
//!
//! A healed signal is decided and written under the spool's lock, and is a nanosecond newer than what it replaces:
//! no event that comes, or that waits at the lock, finds it newer than itself.

mod apply_plan;
mod repair_plan;
mod repaired_signal;

pub use apply_plan::apply_plan;
pub use repair_plan::{RepairPlan, plan_repair};
#[cfg(test)]
pub use {repair_plan::state_by_files, repaired_signal::repaired_signal};
