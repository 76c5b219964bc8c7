//! Sentences that name several things of the same kind.

use crate::settings_editor::{ReplacedScript, WrappedCommand};

/// Lists all words, each once: `Stop, SessionEnd`.
#[must_use]
pub fn list_all<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    distinct_words(words).join(", ")
}

/// Lists the first two words, and how many more there are: `Stop, SessionEnd and 3 more`.
#[must_use]
pub fn list_some<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    match distinct_words(words).as_slice() {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, more @ ..] => format!("{one}, {other} and {} more", more.len()),
        [] => String::new(),
    }
}

/// Quotes the first command, and says how many more there are.
#[must_use]
pub fn list_commands<'a>(commands: impl IntoIterator<Item = &'a str>) -> String {
    match distinct_words(commands).as_slice() {
        [one] => format!("`{one}`"),
        [one, more @ ..] => format!("`{one}` and {} more", more.len()),
        [] => String::new(),
    }
}

/// Returns the commands of scripts, and their events; `None` if there are no scripts.
#[must_use]
pub fn describe_scripts(scripts: &[ReplacedScript]) -> Option<(String, String)> {
    let commands = list_commands(scripts.iter().map(|script| &*script.command));
    (!scripts.is_empty()).then(|| (commands, list_all(scripts.iter().map(|script| &*script.event))))
}

/// Groups items by their keys. The groups and the items in them keep their order.
#[must_use]
pub fn group_by_key<K: PartialEq, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (key, item) in items {
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, items)) => items.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups
}

fn distinct_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut distinct = Vec::new();
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct
}

/// The parts of a sentence about the user's own commands that start our executables.
pub struct WrappedLines {
    /// Their events.
    pub events: String,
    /// The executables that they start.
    pub executables: String,
    /// The commands.
    pub commands: String,
    /// Whether there is more than one command.
    pub many: bool,
}

impl WrappedLines {
    /// Makes the parts; `None` if there are no commands.
    #[must_use]
    pub fn from_wrapped(lines: &[&WrappedCommand]) -> Option<Self> {
        let commands = || lines.iter().map(|line| &*line.command);
        (!lines.is_empty()).then(|| Self {
            events: list_all(lines.iter().map(|line| &*line.event)),
            executables: list_some(lines.iter().map(|line| &*line.executable)),
            commands: list_commands(commands()),
            many: distinct_words(commands()).len() > 1,
        })
    }

    /// Returns the beginning of a sentence: `a line of your own starts hook-stop`.
    #[must_use]
    pub fn start_of_sentence(&self) -> String {
        let line = if self.many { "lines of your own start" } else { "a line of your own starts" };
        format!("{line} {}", self.executables)
    }
}
