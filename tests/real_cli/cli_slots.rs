//! Limits how many scenarios run at the same time.

use std::num::NonZero;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::available_parallelism;

/// How many scenarios may run at the same time on each core. A CLI mostly waits, so a core can serve several. With more, the CLIs
/// would become so slow that the comparisons fail.
const SCENARIOS_PER_CORE: usize = 3;

static RUNNING: Mutex<usize> = Mutex::new(0);
static SLOT_IS_FREE: Condvar = Condvar::new();

/// The right to run one scenario.
pub struct CliSlot(());

impl CliSlot {
    /// Waits until another scenario may run.
    pub fn take() -> Self {
        let limit = SCENARIOS_PER_CORE * available_parallelism().map_or(1, NonZero::get);
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running =
            SLOT_IS_FREE.wait_while(running, |running| *running >= limit).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self(())
    }
}

impl Drop for CliSlot {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        SLOT_IS_FREE.notify_one();
    }
}
