//! Limits how many scenarios run at the same time.

use std::sync::{Condvar, Mutex, PoisonError};

/// How many scenarios may run at the same time. A CLI mostly waits, so a machine with two cores can run several. With more, the CLIs
/// would become so slow that the comparisons fail.
const MAX_SCENARIOS: usize = 8;

static RUNNING: Mutex<usize> = Mutex::new(0);
static SLOT_IS_FREE: Condvar = Condvar::new();

/// The right to run one scenario.
pub struct CliSlot(());

impl CliSlot {
    /// Waits until fewer than [`MAX_SCENARIOS`] run.
    pub fn take() -> Self {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = SLOT_IS_FREE
            .wait_while(running, |running| *running >= MAX_SCENARIOS)
            .unwrap_or_else(PoisonError::into_inner);
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
