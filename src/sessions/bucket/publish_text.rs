//! How much of a session leaves this machine.

use clap::ValueEnum;

/// How much of a session is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PublishText {
    /// States, times and counts, and no text of the session
    None,
    /// All that `sessions --json` prints
    Full,
}
