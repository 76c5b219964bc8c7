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
    /// The commands that start the service now and at every login. If it runs already, they restart it.
    pub start: Vec<Vec<String>>,
    /// A command that succeeds while the service runs.
    pub check: Vec<String>,
    /// The commands that stop the service for good, before its description is removed.
    pub stop: Vec<Vec<String>>,
}

/// Makes a command of its words.
pub fn to_words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
