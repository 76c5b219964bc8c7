//! What systemd and launchd have in common.

use std::path::PathBuf;

/// A service: its description, and the commands of the service manager.
pub struct ServiceFile {
    /// The path of the description.
    pub file: PathBuf,
    /// The content of the description.
    pub text: String,
    /// The part of the content that names the executable, which belongs to one configuration directory.
    pub starts: String,
    /// What comes directly before the arguments of the service that differ, and directly after them.
    pub around_arguments: (String, &'static str),
    /// The arguments of a service that calls the user.
    pub calls: String,
    /// The commands that start the service now and at every login. If it runs already, they restart it.
    pub start: Vec<Vec<String>>,
    /// A command that succeeds while the service is started.
    pub check: Vec<String>,
    /// Returns why the service does not run although `check` succeeds, from what that command prints. `None` if it runs.
    pub find_fault: fn(&str) -> Option<String>,
    /// The commands that stop the service for good, before its description is removed.
    pub stop: Vec<Vec<String>>,
}

impl ServiceFile {
    /// Returns the arguments that differ, as they are written in an installed description of this service; empty if there are none.
    pub fn arguments_in<'a>(&self, text: &'a str) -> &'a str {
        let (before, after) = &self.around_arguments;
        let rest = text.split_once(before.as_str()).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split_once(after)).map_or("", |(arguments, _)| arguments)
    }
}

/// Makes a command of its words.
pub fn to_words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
