//! Finds command lines that the user wrote and that start our executables through something else: `nice`, `timeout`, a
//! shell, or other commands on the same line. Such lines are reported and never changed.

use super::{
    document::{self, Span},
    ownership::{self, owned_executable_at},
    parsed_settings::{EventSection, HookGroup, ParsedSettings},
    settings_hook::{SettingsHook, WrittenCommand},
    shell_command::file_name_of,
    shell_words::split_commands,
};

/// Programs that take a path and do not start it.
const READERS: [&str; 28] = [
    "echo",
    "printf",
    "cat",
    "ls",
    "test",
    "[",
    "[[",
    "stat",
    "file",
    "rm",
    "cp",
    "mv",
    "ln",
    "chmod",
    "chown",
    "grep",
    "head",
    "tail",
    "touch",
    "which",
    "type",
    "md5sum",
    "sha256sum",
    "wc",
    ":",
    "true",
    "false",
    "export",
];

/// Words that may come before the name of a command.
const KEYWORDS: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{"];

/// How many shells within shells, as in `sh -c "sh -c '…'"`, are looked into.
const MAX_DEPTH: usize = 4;

/// One of our executables that a line of the user starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedCommand {
    /// The hook event.
    pub event: String,
    /// The line as a user would type it.
    pub command: String,
    /// Which of our executables it starts.
    pub executable: String,
    /// The path of that executable, as it is written.
    pub path: String,
    /// Whether a shell reads the line.
    pub by_shell: bool,
    /// Whether the hook is for every matcher.
    pub for_all: bool,
}

/// An executable that a line starts: its path as written, and which of ours it is.
struct Start {
    path: String,
    executable: String,
}

/// Lists every such executable in the settings. Returns an empty list if the settings cannot be read.
///
/// Example: a hook with the line `nice -n 5 /x/session-signals/hook-stop` gives one element with that path.
#[must_use]
pub fn find_wrapped(text: &[u8], owned: &[&str]) -> Vec<WrappedCommand> {
    let Ok(settings) = ParsedSettings::parse(text) else { return Vec::new() };
    settings.events().iter().flat_map(|event| wrapped_in_event(settings.text, event, owned)).collect()
}

/// Lists the same for one event. Leaves out our own entries.
pub fn wrapped_in_event(text: &str, event: &EventSection, owned: &[&str]) -> Vec<WrappedCommand> {
    let is_ours = |hook: &SettingsHook| ownership::owned_executable(&hook.command, owned).is_some();
    let mut found = Vec::new();
    for group in &event.groups {
        for (item, _) in group.items().filter(|(_, hook)| !hook.is_some_and(is_ours)) {
            found.extend(wrapped_in_hook(text, event, (group, item), owned));
        }
    }
    found
}

/// Lists the same for one hook, given as its group and its span. The hook must not be one of our own entries.
pub fn wrapped_in_hook(
    text: &str,
    event: &EventSection,
    (group, item): (&HookGroup, &Span),
    owned: &[&str],
) -> Vec<WrappedCommand> {
    let written = document::read_members(text, item).and_then(|members| WrittenCommand::read(text, &members));
    let Some(written) = written else { return Vec::new() };
    let command = written.display_text();
    let by_shell = written.args.is_none();
    let starts = match written.args {
        None => starts_in_line(&written.line, owned, 0),
        Some(args) => starts_in_words(&[vec![written.line], args].concat(), owned, 0),
    };
    let for_all = group.matcher(text).is_none();
    let wrapped = |Start { path, executable }| {
        let (event, command) = (event.name.clone(), command.clone());
        WrappedCommand { event, command, executable, path, by_shell, for_all }
    };
    starts.into_iter().map(wrapped).collect()
}

/// Returns which of our executables a shell's line starts.
fn starts_in_line(line: &str, owned: &[&str], depth: usize) -> Vec<Start> {
    let mut found = Vec::new();
    for words in split_commands(line) {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            // A variable can carry the path to another command of the line: `S=/x/session-signals/hook-stop; nice $S`.
            if [format!("${name}"), format!("${{{name}")].iter().any(|used| line.contains(used)) {
                found.extend(starts_in_words(&[value.to_owned()], owned, depth));
            }
        }
        found.extend(starts_in_words(&words, owned, depth));
    }
    found
}

/// Returns which of our executables a single command starts.
fn starts_in_words(words: &[String], owned: &[&str], depth: usize) -> Vec<Start> {
    let mut words = words.iter().skip_while(|word| KEYWORDS.contains(&word.as_str())).peekable();
    if words.peek().is_none_or(|first| READERS.contains(&file_name_of(first))) {
        return Vec::new();
    }
    let words: Vec<&String> = words.collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| word.contains('/')) {
        if word.contains(char::is_whitespace) && depth < MAX_DEPTH {
            // The word is a line for another shell: `sh -c '…'`.
            found.extend(starts_in_line(word, owned, depth + 1));
        } else if let Some(executable) = owned_executable_at(word, &words[at + 1..], owned) {
            found.push(Start { path: (*word).clone(), executable: executable.to_owned() });
        }
    }
    found
}
