//! The name of another machine, as `ssh` takes it.

use std::fmt;
use std::str::FromStr;

use session_signals_cli::is_harmless;

/// A machine, as the user names it for `ssh`: `box`, `dev@box`, or a name of `~/.ssh/config`. It is no option of `ssh`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SshTarget(String);

impl SshTarget {
    /// Returns the name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SshTarget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the name of a machine is empty".to_owned());
        }
        // ssh would take such a name for an option, and an option can run any command.
        if text.starts_with('-') || text.rsplit_once('@').is_some_and(|(_, machine)| machine.starts_with('-')) {
            return Err("the name of a machine must not begin with -".to_owned());
        }
        // The name is a part of keys, which are written into JSON and into a file as they are.
        if text.chars().any(|c| c.is_whitespace() || !is_harmless(c) || matches!(c, '"' | '\\')) {
            return Err(
                "the name of a machine has no spaces, quotation marks, backslashes and control characters".to_owned()
            );
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SshTarget {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
