//! Whether, and when, a daemon that ended is started again.

use std::time::Duration;

use serde::Deserialize;

/// `restart` of a daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// It is left alone. The default: nobody is surprised by a second one.
    #[default]
    Never,
    /// After an exit code other than 0, or a signal that asks nobody to end.
    OnFailure,
    /// However it ended.
    Always,
}

/// The pause before the first start again. Each one after it is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(500);

/// So many runs in a row that were all shorter than [`LONG`] are enough.
const MAX_ATTEMPTS: u32 = 5;

/// A run of this length is a success, whatever ended it: the count begins anew.
const HEALTHY_RUN: Duration = Duration::from_secs(60);

/// What is to be done with a daemon that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextRun {
    /// Nothing more.
    Rest,
    /// It is started again after this pause.
    Again(Duration),
    /// It has had its chances.
    GiveUp,
}

/// How often a daemon has ended too soon, in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct RestartAttempts(u32);

impl RestartAttempts {
    /// A run of this length has ended, cleanly or not.
    pub fn plan_next_run(&mut self, restart: RestartPolicy, clean: bool, ran: Duration) -> NextRun {
        let again = match restart {
            RestartPolicy::Never => false,
            RestartPolicy::OnFailure => !clean,
            RestartPolicy::Always => true,
        };
        if !again {
            return NextRun::Rest;
        }
        self.0 = if ran >= HEALTHY_RUN { 1 } else { self.0 + 1 };
        if self.0 >= MAX_ATTEMPTS {
            return NextRun::GiveUp;
        }
        NextRun::Again(FIRST_DELAY * 2u32.pow(self.0 - 1))
    }
}
