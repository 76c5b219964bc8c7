//! Whether, and when, a daemon that ended is started again.

use std::time::Duration;

use serde::Deserialize;

/// `restart` of a daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// It is left alone. The default: nobody is surprised by a second one.
    #[default]
    Never,
    /// After an exit code other than 0, or a signal that asks nobody to end.
    OnFailure,
    /// However it ended.
    Always,
}

/// The pause before the first start again. Each one after it is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// So many runs in a row that were all shorter than [`LONG`] are enough.
const LIMIT: u32 = 5;

/// A run of this length is a success, whatever ended it: the count begins anew.
const LONG: Duration = Duration::from_secs(60);

/// What is to be done with a daemon that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing more.
    Rest,
    /// It is started again after this pause.
    Again(Duration),
    /// It has had its chances.
    GiveUp,
}

/// How often a daemon has ended too soon, in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attempts(u32);

impl Attempts {
    /// A run of this length has ended, cleanly or not.
    pub fn ended(&mut self, restart: Restart, clean: bool, ran: Duration) -> Next {
        let again = match restart {
            Restart::Never => false,
            Restart::OnFailure => !clean,
            Restart::Always => true,
        };
        if !again {
            return Next::Rest;
        }
        self.0 = if ran >= LONG { 1 } else { self.0 + 1 };
        if self.0 >= LIMIT {
            return Next::GiveUp;
        }
        Next::Again(FIRST * 2u32.pow(self.0 - 1))
    }
}
