//! Lines of the user's own that start our executables: by `nice`, `timeout`, a shell, among other things. They are told
//! of, and never changed.

use super::{
    document,
    ownership::{DIRECTORY, SettingsHook},
    parsed_settings::{EventSection, HookGroup, ParsedSettings},
    shell_command::file_name_of,
};

/// One start of one of our executables by such a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedCommand {
    /// The hook event.
    pub event: String,
    /// The line as a person would type it.
    pub command: String,
    /// Which of ours it starts.
    pub executable: String,
    /// Its path, as written.
    pub path: String,
    /// Whether a shell reads the line.
    pub by_shell: bool,
    /// Whether it is there for every matcher.
    pub for_all: bool,
}

/// Every such start in the settings; none in settings that make no sense.
#[must_use]
pub fn find_wrapped(text: &[u8], owned: &[&str]) -> Vec<WrappedCommand> {
    let Ok(settings) = ParsedSettings::parse_settings(text) else { return Vec::new() };
    settings.events().iter().flat_map(|event| wrapped_in_event(settings.text, event, owned)).collect()
}

/// The same of one event.
pub fn wrapped_in_event(text: &str, event: &EventSection, owned: &[&str]) -> Vec<WrappedCommand> {
    let mut found = Vec::new();
    for group in &event.groups {
        for (item, hook) in group.items() {
            let is_ours = |hook: &SettingsHook| super::ownership::owned_executable(&hook.command, owned).is_some();
            if !hook.is_some_and(is_ours) {
                found.extend(wrapped_in_hook(text, event, (group, item), owned));
            }
        }
    }
    found
}

/// The same of one hook that is none of ours.
pub fn wrapped_in_hook(
    text: &str,
    event: &EventSection,
    (group, item): (&HookGroup, &document::Span),
    owned: &[&str],
) -> Vec<WrappedCommand> {
    let Some((line, args)) = line_at(text, item) else { return Vec::new() };
    let for_all = super::kept_entries::group_matcher(text, group).is_none();
    let by_shell = args.is_none();
    let (command, starts) = match args {
        None => (line.clone(), wrapped_in_line(&line, owned, 0)),
        Some(args) => {
            let words: Vec<String> = [vec![line], args].concat();
            (words.join(" "), wrapped_in_words(&words, owned, 0))
        }
    };
    let start = |(path, executable)| {
        let (event, command) = (event.name.clone(), command.clone());
        WrappedCommand { event, command, executable, path, by_shell, for_all }
    };
    starts.into_iter().map(start).collect()
}

/// The command line of the hook at `at`, and its arguments where it has them apart.
pub fn line_at(text: &str, at: &document::Span) -> Option<(String, Option<Vec<String>>)> {
    let members = document::members_of(text, at)?;
    let value = |name| document::find_member(text, &members, name).map(|member| &members[member].value);
    if document::string_at(text, value("type")?)? != "command" {
        return None;
    }
    let args = value("args").and_then(|args| document::items_of(text, args));
    let args = args.map(|args| args.iter().filter_map(|arg| document::string_at(text, arg)).map(Into::into).collect());
    Some((document::string_at(text, value("command")?)?.into_owned(), args))
}

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

/// Words before a command that are not its name.
const BEFORE: [&str; 9] = ["if", "then", "else", "elif", "do", "while", "until", "!", "{"];

/// What a shell's line starts of ours: paths, and which they are.
fn wrapped_in_line(line: &str, owned: &[&str], depth: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for words in split_commands(line) {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            // A path that a variable carries to another command of the line.
            if [format!("${name}"), format!("${{{name}")].iter().any(|used| line.contains(used)) {
                found.extend(wrapped_in_words(&[value.to_owned()], owned, depth));
            }
        }
        found.extend(wrapped_in_words(&words, owned, depth));
    }
    found
}

/// What a single command starts of ours.
fn wrapped_in_words(words: &[String], owned: &[&str], depth: usize) -> Vec<(String, String)> {
    let mut words = words.iter().skip_while(|word| BEFORE.contains(&word.as_str())).peekable();
    if words.peek().is_none_or(|first| READERS.contains(&file_name_of(first))) {
        return Vec::new();
    }
    let words: Vec<&String> = words.collect();
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some((folders, name)) = word.rsplit_once('/') else { continue };
        let is_it = |executable: &&&str| {
            let mut parts = executable.split(' ');
            let mut next = words[at + 1..].iter();
            parts.next() == Some(name) && parts.all(|part| next.next().is_some_and(|word| *word == part))
        };
        if word.contains(char::is_whitespace) && depth < 4 {
            // A line for another shell, `sh -c '…'`.
            found.extend(wrapped_in_line(word, owned, depth + 1));
        } else if folders.split('/').any(|folder| folder == DIRECTORY)
            && let Some(executable) = owned.iter().find(is_it)
        {
            found.push(((*word).clone(), (*executable).to_owned()));
        }
    }
    found
}

/// The commands of a line, word by word, as well as that can be told without being a shell. What is redirected to and
/// comments are left out.
fn split_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut is_target = false;
    let mut quote = None;
    let mut chars = line.chars().peekable();
    let end = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>, is_target: &mut bool| {
        if let Some(word) = word.take()
            && !std::mem::take(is_target)
            && let Some(command) = commands.last_mut()
        {
            command.push(word);
        }
    };
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some('"') | None, '\\') => {
                let escaped = chars.next();
                word.get_or_insert_default().extend(escaped.filter(|c| *c != '\n'));
            }
            // What a shell puts in the place of a string is a command, too.
            (None | Some('"'), '`') => {
                end(&mut word, &mut commands, &mut is_target);
                commands.push(Vec::new());
            }
            (None | Some('"'), '$') if chars.peek() == Some(&'(') => {
                chars.next();
                let mut inner = String::new();
                let mut depth = 1;
                for c in chars.by_ref() {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    if depth == 0 {
                        break;
                    }
                    inner.push(c);
                }
                commands.splice(commands.len() - 1..commands.len() - 1, self::split_commands(&inner));
                word.get_or_insert_default();
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while chars.next_if(|c| *c != '\n').is_some() {},
            (None, ' ' | '\t' | '\r') => end(&mut word, &mut commands, &mut is_target),
            (None, '<' | '>') => {
                end(&mut word, &mut commands, &mut is_target);
                while chars.next_if(|c| matches!(c, '<' | '>' | '|' | '&')).is_some() {}
                is_target = true;
            }
            (None, '\n' | ';' | '|' | '&' | '(' | ')') => {
                end(&mut word, &mut commands, &mut is_target);
                is_target = false;
                commands.push(Vec::new());
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    end(&mut word, &mut commands, &mut is_target);
    commands
}
