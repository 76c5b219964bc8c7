//! One sentence for many things that are alike.

use crate::settings_editor::{ReplacedScript, WrappedCommand};

/// All of these, each once.
#[must_use]
pub fn list_all<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    distinct_words(words).join(", ")
}

/// The first ones of these, each once, and how many more there are.
#[must_use]
pub fn list_some<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    match distinct_words(words).as_slice() {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, more @ ..] => format!("{one}, {other} and {} more", more.len()),
        [] => String::new(),
    }
}

/// The first of these commands, and how many more there are.
#[must_use]
pub fn list_commands<'a>(commands: impl IntoIterator<Item = &'a str>) -> String {
    match distinct_words(commands).as_slice() {
        [one] => format!("`{one}`"),
        [one, more @ ..] => format!("`{one}` and {} more", more.len()),
        [] => String::new(),
    }
}

/// The commands of scripts, and what they are for; `None` where there are none.
#[must_use]
pub fn describe_scripts(scripts: &[ReplacedScript]) -> Option<(String, String)> {
    let commands = list_commands(scripts.iter().map(|script| &*script.command));
    (!scripts.is_empty()).then(|| (commands, list_all(scripts.iter().map(|script| &*script.event))))
}

/// Puts together what is alike: each kind with all that is of it, in their order.
#[must_use]
pub fn group_by_key<K: PartialEq, T>(items: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut groups: Vec<(K, Vec<T>)> = Vec::new();
    for (kind, item) in items {
        match groups.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, items)) => items.push(item),
            None => groups.push((kind, vec![item])),
        }
    }
    groups
}

fn distinct_words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for word in words {
        if !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// Lines of the user's own that start our executables, in words.
pub struct WrappedLines {
    /// What they are for.
    pub events: String,
    /// Which executables they start.
    pub executables: String,
    /// The lines themselves.
    pub commands: String,
    /// Whether they are more than one.
    pub many: bool,
}

impl WrappedLines {
    /// None where there are none.
    #[must_use]
    pub fn from_wrapped(lines: &[&WrappedCommand]) -> Option<Self> {
        let commands = || lines.iter().map(|line| &*line.command);
        (!lines.is_empty()).then(|| Self {
            events: list_all(lines.iter().map(|line| &*line.event)),
            executables: list_some(lines.iter().map(|line| &*line.executable)),
            commands: self::list_commands(commands()),
            many: distinct_words(commands()).len() > 1,
        })
    }

    /// `a line of your own starts hook-stop`
    #[must_use]
    pub fn start_of_sentence(&self) -> String {
        let line = if self.many { "lines of your own start" } else { "a line of your own starts" };
        format!("{line} {}", self.executables)
    }
}
