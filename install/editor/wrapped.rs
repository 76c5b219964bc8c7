//! Lines of the user's own that start our executables: by `nice`, `timeout`, a shell, among other things. They are told
//! of, and never changed.

use super::{
    command::file_name,
    document,
    owned::{DIRECTORY, Hook},
    settings::{Event, Group, Settings},
};

/// One start of one of our executables by such a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
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
pub fn wrapped(text: &[u8], owned: &[&str]) -> Vec<Wrapped> {
    let Ok(settings) = Settings::read(text) else { return Vec::new() };
    settings.events().iter().flat_map(|event| of_event(settings.text, event, owned)).collect()
}

/// The same of one event.
pub fn of_event(text: &str, event: &Event, owned: &[&str]) -> Vec<Wrapped> {
    let mut found = Vec::new();
    for group in &event.groups {
        for (item, hook) in group.items() {
            let is_ours = |hook: &Hook| super::owned::executable(&hook.command, owned).is_some();
            if !hook.is_some_and(is_ours) {
                found.extend(of_hook(text, event, (group, item), owned));
            }
        }
    }
    found
}

/// The same of one hook that is none of ours.
pub fn of_hook(text: &str, event: &Event, (group, item): (&Group, &document::Span), owned: &[&str]) -> Vec<Wrapped> {
    let Some((line, args)) = line(text, item) else { return Vec::new() };
    let for_all = super::entry::matcher(text, group).is_none();
    let by_shell = args.is_none();
    let (command, starts) = match args {
        None => (line.clone(), of_line(&line, owned, 0)),
        Some(args) => {
            let words: Vec<String> = [vec![line], args].concat();
            (words.join(" "), of_words(&words, owned, 0))
        }
    };
    let start = |(path, executable)| {
        let (event, command) = (event.name.clone(), command.clone());
        Wrapped { event, command, executable, path, by_shell, for_all }
    };
    starts.into_iter().map(start).collect()
}

/// The command line of the hook at `at`, and its arguments where it has them apart.
pub fn line(text: &str, at: &document::Span) -> Option<(String, Option<Vec<String>>)> {
    let members = document::members(text, at)?;
    let value = |name| document::find(text, &members, name).map(|member| &members[member].value);
    if document::string(text, value("type")?)? != "command" {
        return None;
    }
    let args = value("args").and_then(|args| document::items(text, args));
    let args = args.map(|args| args.iter().filter_map(|arg| document::string(text, arg)).map(Into::into).collect());
    Some((document::string(text, value("command")?)?.into_owned(), args))
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
fn of_line(line: &str, owned: &[&str], depth: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for words in commands(line) {
        for (name, value) in words.iter().filter_map(|word| word.split_once('=')) {
            // A path that a variable carries to another command of the line.
            if [format!("${name}"), format!("${{{name}")].iter().any(|used| line.contains(used)) {
                found.extend(of_words(&[value.to_owned()], owned, depth));
            }
        }
        found.extend(of_words(&words, owned, depth));
    }
    found
}

/// What a single command starts of ours.
fn of_words(words: &[String], owned: &[&str], depth: usize) -> Vec<(String, String)> {
    let mut words = words.iter().skip_while(|word| BEFORE.contains(&word.as_str())).peekable();
    if words.peek().is_none_or(|first| READERS.contains(&file_name(first))) {
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
            found.extend(of_line(word, owned, depth + 1));
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
fn commands(line: &str) -> Vec<Vec<String>> {
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
                commands.splice(commands.len() - 1..commands.len() - 1, self::commands(&inner));
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
