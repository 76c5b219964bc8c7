//! The values of the options that say how the user is called.

use std::str::FromStr;

use clap::ValueEnum;

/// How the user is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyTarget {
    /// A notice of the desktop.
    Desktop,
    /// The bell of the terminal.
    Bell,
    /// A program, and its arguments.
    Exec(Vec<String>),
}

impl FromStr for NotifyTarget {
    type Err = String;

    /// Parses `desktop`, `bell` or `exec:PROGRAM ARGUMENTS`. The words of a program are separated by spaces. There are no quotes,
    /// because no shell reads them.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "desktop" => Ok(Self::Desktop),
            None if text == "bell" => Ok(Self::Bell),
            Some(("exec", command)) => {
                let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
                if words.is_empty() {
                    return Err("a program must follow `exec:`".to_owned());
                }
                if command.contains(['"', '\'']) {
                    return Err("no shell reads the words of `exec:`, so it has no quotes; name a script".to_owned());
                }
                Ok(Self::Exec(words))
            }
            _ => Err("it must be desktop, bell or exec:PROGRAM".to_owned()),
        }
    }
}

/// How much a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum NoticeText {
    /// Also what is asked: the call, or the last answer
    All,
    /// Only the project, the branch and what the session needs
    None,
}
