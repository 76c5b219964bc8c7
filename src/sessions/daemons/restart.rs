//! Decides whether and when a daemon that has ended is restarted.

use std::time::Duration;

use serde::Deserialize;

/// The member `restart` of a daemon's config.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Do not restart the daemon. This is the default.
    #[default]
    Never,
    /// Restart the daemon after an exit code other than 0, and after a signal other than SIGHUP, SIGINT, SIGPIPE and SIGTERM.
    OnFailure,
    /// Restart the daemon however it ended.
    Always,
}

/// The delay before the first restart. The delay doubles with each further restart.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// How many runs in a row may be shorter than [`HEALTHY_RUN`] before the daemon is given up.
const MAX_ATTEMPTS: u32 = 5;

/// The length from which a run counts as a success, however it ended: the attempts are counted from the beginning again.
const HEALTHY_RUN: Duration = Duration::from_secs(60);

/// What follows the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRun {
    /// No further run, as the policy says.
    None,
    /// A run after this delay.
    After(Duration),
    /// No further run, because too many runs were short.
    GiveUp,
}

/// How many runs in a row were shorter than [`HEALTHY_RUN`].
#[derive(Clone, Copy, Debug, Default)]
pub struct RestartAttempts(u32);

impl RestartAttempts {
    /// Decides what follows a run of this length. `is_clean` is whether the run ended without a failure.
    pub fn plan_next_run(&mut self, policy: RestartPolicy, is_clean: bool, length: Duration) -> NextRun {
        let restarts = match policy {
            RestartPolicy::Never => false,
            RestartPolicy::OnFailure => !is_clean,
            RestartPolicy::Always => true,
        };
        if !restarts {
            return NextRun::None;
        }
        self.0 = if length >= HEALTHY_RUN { 1 } else { self.0 + 1 };
        if self.0 >= MAX_ATTEMPTS {
            return NextRun::GiveUp;
        }
        NextRun::After(FIRST_DELAY * 2u32.pow(self.0 - 1))
    }
}
