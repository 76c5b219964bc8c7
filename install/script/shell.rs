//! What a shell script writes, read off its text: redirections, and the commands that make files. Nothing is run.

use std::collections::HashMap;

use super::effect::{ScriptEffect, SignalPaths, UNKNOWN, join_all};

/// What the script of this `text` does to the signals.
pub fn script_effect(text: &str, signals: &SignalPaths) -> ScriptEffect {
    let variables = signals.variables().map(|(name, value)| (name.to_owned(), vec![value])).into();
    let mut reader = ShellReader { signals, variables, folder: None, verdict: ScriptEffect::default() };
    reader.read_script(text, 0);
    reader.verdict
}

/// How deep one expansion is looked at in another.
const MAX_DEPTH: usize = 8;

/// Words after which a command begins.
const BEFORE: [&str; 15] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "command", "exec", "sudo", "nohup", "env"];

/// Commands that change no file but by a redirection, or only remove some.
const READERS: [&str; 44] = [
    "cat",
    "ls",
    "jq",
    "grep",
    "egrep",
    "fgrep",
    "rg",
    "head",
    "tail",
    "test",
    "[",
    "[[",
    "stat",
    "wc",
    "echo",
    "printf",
    "rm",
    "rmdir",
    "mkdir",
    "chmod",
    "basename",
    "dirname",
    "file",
    "cut",
    "tr",
    "date",
    "cmp",
    "diff",
    "md5sum",
    "sha256sum",
    "du",
    "tree",
    "exit",
    "return",
    "case",
    "readlink",
    "realpath",
    "uniq",
    "shift",
    "set",
    "trap",
    "true",
    "inotifywait",
    "unlink",
];

/// Commands that may do anything.
const INTERPRETERS: [&str; 13] =
    ["eval", "source", ".", "python", "python3", "node", "perl", "ruby", "php", "deno", "bun", "xargs", "pwsh"];

/// A word: its possible values, and the name before its first `=` where that makes it an assignment.
#[derive(Clone, Default)]
struct ShellWord {
    name: Option<String>,
    values: Vec<String>,
}

impl ShellWord {
    fn first_value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn is_option(&self) -> bool {
        self.first_value().starts_with('-')
    }
}

struct ShellReader<'a> {
    signals: &'a SignalPaths,
    variables: HashMap<String, Vec<String>>,
    /// What a relative path begins with, where the script has gone somewhere.
    folder: Option<Vec<String>>,
    verdict: ScriptEffect,
}

/// One command as far as it was read.
#[derive(Default)]
struct ParsedCommand {
    words: Vec<ShellWord>,
    outputs: Vec<ShellWord>,
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq)]
enum AfterRedirection {
    /// Also after a redirection to a descriptor, `>&2`.
    Argument,
    Input,
    Output,
    /// The word that ends a here-document.
    End,
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

impl ShellReader<'_> {
    fn note_effect(&mut self, verdict: ScriptEffect) {
        self.verdict = self.verdict.max(verdict);
    }

    fn read_script(&mut self, text: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return self.note_effect(ScriptEffect::Unclear);
        }
        let mut chars = text.chars().peekable();
        let mut command = ParsedCommand::default();
        let mut next = AfterRedirection::Argument;
        let mut ends: Vec<String> = Vec::new();
        while let Some(&c) = chars.peek() {
            match c {
                ' ' | '\t' | '\r' => drop(chars.next()),
                '#' => while chars.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    chars.next();
                    self.run_command(std::mem::take(&mut command), depth);
                    for end in ends.drain(..) {
                        skip_document(&mut chars, &end);
                    }
                }
                ';' | '|' | '&' | '(' | ')' => {
                    chars.next();
                    // `&>` sends output to a file.
                    if !(c == '&' && chars.peek() == Some(&'>')) {
                        self.run_command(std::mem::take(&mut command), depth);
                    }
                }
                '<' | '>' => {
                    next = read_redirection(&mut chars);
                }
                _ => {
                    let word = self.read_word(&mut chars, depth);
                    // Digits right before a redirection name a descriptor.
                    let is_descriptor = matches!(chars.peek(), Some('<' | '>'))
                        && !word.first_value().is_empty()
                        && word.first_value().bytes().all(|byte| byte.is_ascii_digit());
                    match std::mem::replace(&mut next, AfterRedirection::Argument) {
                        AfterRedirection::Argument if is_descriptor => {}
                        AfterRedirection::Argument => command.words.push(word),
                        AfterRedirection::Output => command.outputs.push(word),
                        AfterRedirection::Input => {}
                        AfterRedirection::End => ends.push(word.first_value().to_owned()),
                    }
                }
            }
        }
        self.run_command(command, depth);
    }

    /// One word, up to what ends it.
    fn read_word(&mut self, chars: &mut Chars, depth: usize) -> ShellWord {
        let mut word = ShellWord { name: None, values: vec![String::new()] };
        let mut is_plain = true;
        let push = |word: &mut ShellWord, c: char| word.values.iter_mut().for_each(|value| value.push(c));
        while let Some(&c) = chars.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
                '\'' => {
                    chars.next();
                    is_plain = false;
                    for c in chars.by_ref().take_while(|c| *c != '\'') {
                        push(&mut word, c);
                    }
                }
                '"' => {
                    chars.next();
                    is_plain = false;
                    while let Some(&c) = chars.peek() {
                        match c {
                            '"' => {
                                chars.next();
                                break;
                            }
                            '\\' => {
                                chars.next();
                                chars.next().into_iter().for_each(|c| push(&mut word, c));
                            }
                            '$' | '`' => {
                                let values = self.read_expansion(chars, depth);
                                word.values = join_all(&word.values, &values);
                            }
                            _ => {
                                chars.next();
                                push(&mut word, c);
                            }
                        }
                    }
                }
                '\\' => {
                    chars.next();
                    chars.next().into_iter().filter(|c| *c != '\n').for_each(|c| push(&mut word, c));
                }
                '$' | '`' => {
                    is_plain = false;
                    let values = self.read_expansion(chars, depth);
                    word.values = join_all(&word.values, &values);
                }
                '=' if is_plain && word.name.is_none() && is_name(word.first_value()) => {
                    chars.next();
                    word.name = Some(std::mem::take(&mut word.values[0]));
                    // An array.
                    if chars.peek() == Some(&'(') {
                        push(&mut word, UNKNOWN);
                    }
                }
                // Of many files one.
                '*' | '?' => {
                    chars.next();
                    push(&mut word, UNKNOWN);
                }
                _ => {
                    chars.next();
                    push(&mut word, c);
                }
            }
        }
        word
    }

    /// What stands for the `$…` or `` `…` `` that comes next.
    fn read_expansion(&mut self, chars: &mut Chars, depth: usize) -> Vec<String> {
        let unknown = || vec![UNKNOWN.to_string()];
        if depth > MAX_DEPTH {
            self.note_effect(ScriptEffect::Unclear);
            chars.next();
            return unknown();
        }
        if chars.next() == Some('`') {
            let inner: String = chars.by_ref().take_while(|c| *c != '`').collect();
            return self.read_substitution(&inner, depth);
        }
        match chars.peek().copied() {
            Some('(') => {
                chars.next();
                let inner = read_enclosed(chars, '(', ')');
                self.read_substitution(&inner, depth)
            }
            Some('{') => {
                chars.next();
                let inner = read_enclosed(chars, '{', '}');
                let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
                let (name, rest) = inner.split_at(end);
                let known = self.variables.get(name).cloned();
                match rest.strip_prefix(":-").or(rest.strip_prefix('-')) {
                    _ if rest.is_empty() => known.unwrap_or_else(unknown),
                    Some(default) => {
                        let mut values = known.unwrap_or_else(unknown);
                        values.extend(self.read_word(&mut default.chars().peekable(), depth + 1).values);
                        values
                    }
                    None => unknown(),
                }
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let mut name = String::new();
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                self.variables.get(&name).cloned().unwrap_or_else(unknown)
            }
            Some('"' | '\'' | ' ') | None => vec!["$".to_owned()],
            Some(_) => {
                chars.next();
                unknown()
            }
        }
    }

    /// What a command prints is not known; what it writes counts.
    fn read_substitution(&mut self, inner: &str, depth: usize) -> Vec<String> {
        self.read_script(inner, depth + 1);
        let is_temporary = inner.trim_start().starts_with("mktemp");
        vec![if is_temporary { format!("/tmp/{UNKNOWN}.tmp") } else { UNKNOWN.to_string() }]
    }

    fn assign_variable(&mut self, name: &str, values: Vec<String>) {
        let known = self.variables.entry(name.to_owned()).or_default();
        // Which of several was last may depend on more than their order.
        known.extend(values);
        known.dedup();
        known.truncate(16);
    }

    /// Takes in what a command does.
    fn run_command(&mut self, command: ParsedCommand, depth: usize) {
        let ParsedCommand { mut words, outputs } = command;
        let skipped =
            words.iter().take_while(|word| word.name.is_none() && BEFORE.contains(&word.first_value())).count();
        words.drain(..skipped);
        let is_test = words.first().is_some_and(|word| word.first_value() == "[[");
        for word in outputs.iter().filter(|_| !is_test) {
            self.note_write(&word.values);
        }
        let assignments = words.iter().take_while(|word| word.name.is_some()).count();
        for word in words.drain(..assignments) {
            self.assign_variable(&word.name.unwrap_or_default(), word.values);
        }
        let Some((first, operands)) = words.split_first() else { return };
        let name = first.first_value().rsplit('/').next().unwrap_or_default().to_owned();
        let plain = || operands.iter().filter(|word| !word.is_option());
        match &*name {
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for word in operands.iter().filter(|word| word.name.is_some()) {
                    self.assign_variable(word.name.as_deref().unwrap_or_default(), word.values.clone());
                }
            }
            "for" => {
                if let [variable, _, values @ ..] = operands {
                    self.assign_variable(
                        variable.first_value(),
                        values.iter().flat_map(|word| word.values.clone()).collect(),
                    );
                }
            }
            "read" => plain().for_each(|word| self.assign_variable(word.first_value(), vec![UNKNOWN.to_string()])),
            "cd" | "pushd" => {
                let folder = plain().next().map(|word| join_all(&word.values, &["/".to_owned()]));
                self.folder = Some(folder.unwrap_or_default());
            }
            "tee" | "touch" | "truncate" | "sponge" => plain().for_each(|word| self.note_write(&word.values)),
            "dd" => {
                operands
                    .iter()
                    .filter(|word| word.name.as_deref() == Some("of"))
                    .for_each(|word| self.note_write(&word.values));
            }
            "cp" | "mv" | "ln" | "install" | "rsync" => {
                let plain: Vec<_> = plain().cloned().collect();
                self.note_copy(&plain);
            }
            "curl" | "sort" | "wget" => {
                let outputs =
                    operands.windows(2).filter(|pair| matches!(pair[0].first_value(), "-o" | "--output" | "-O"));
                outputs.for_each(|pair| self.note_write(&pair[1].values));
            }
            "sed" if operands.iter().any(|word| word.first_value().starts_with("-i")) => {
                plain().for_each(|word| self.note_write(&word.values));
            }
            "awk" | "gawk" | "mawk" if operands.iter().any(|word| word.first_value().contains('>')) => {
                self.note_effect(ScriptEffect::Unclear);
            }
            "sh" | "bash" | "dash" | "zsh" | "ksh" => match operands {
                [option, line, ..] if option.first_value() == "-c" => self.read_script(line.first_value(), depth + 1),
                _ => self.note_effect(ScriptEffect::Unclear),
            },
            "find" if operands.iter().any(|word| word.first_value().starts_with("-exec")) => {
                self.note_effect(ScriptEffect::Unclear);
            }
            "find" | "awk" | "gawk" | "mawk" | "sed" => {}
            name if INTERPRETERS.contains(&name) => self.note_effect(ScriptEffect::Unclear),
            name if READERS.contains(&name) => {}
            // Whatever is told of the signals' directory may write there.
            _ if operands.iter().flat_map(|word| &word.values).any(|value| self.signals.is_signal_path(value)) => {
                self.note_effect(ScriptEffect::Unclear);
            }
            _ => {}
        }
    }

    /// A file is written.
    fn note_write(&mut self, values: &[String]) {
        let is_relative =
            |value: &String| !(value.starts_with(['/', '~']) || value.starts_with(UNKNOWN) && value.contains('/'));
        let from = |value: &String| match &self.folder {
            Some(folders) if is_relative(value) => join_all(folders, std::slice::from_ref(value)),
            _ => vec![value.clone()],
        };
        let values: Vec<String> = values.iter().flat_map(from).collect();
        self.note_effect(self.signals.effect_of_values(&values));
    }

    /// The last operand is written; where that is a directory, each of the others in it.
    fn note_copy(&mut self, operands: &[ShellWord]) {
        let Some((last, sources)) = operands.split_last() else { return };
        let is_folder = |value: &String| value.ends_with('/') || value.rsplit('/').next() == Some(super::DIRECTORY);
        if !last.values.iter().any(is_folder) {
            return self.note_write(&last.values);
        }
        let folder: Vec<String> = last.values.iter().map(|value| format!("{}/", value.trim_end_matches('/'))).collect();
        for source in sources {
            let name = |value: &String| value.rsplit('/').next().unwrap_or_default().to_owned();
            let names: Vec<String> = source.values.iter().map(name).collect();
            self.note_write(&join_all(&folder, &names));
        }
    }
}

fn is_name(word: &str) -> bool {
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads `<`, `>` and what belongs to it; says what the next word is to it.
fn read_redirection(chars: &mut Chars) -> AfterRedirection {
    let first = chars.next();
    if chars.peek() == Some(&'(') {
        return AfterRedirection::Argument;
    }
    let mut marks = 1;
    let mut is_output = first == Some('>');
    while let Some(mark) = chars.next_if(|c| matches!(c, '<' | '>' | '|')) {
        is_output |= mark == '>';
        marks += 1;
    }
    if chars.next_if_eq(&'&').is_some() {
        let mut is_descriptor = false;
        while chars.next_if(|c| c.is_ascii_digit() || *c == '-').is_some() {
            is_descriptor = true;
        }
        if is_descriptor {
            return AfterRedirection::Argument;
        }
    }
    match (is_output, marks) {
        (true, _) => AfterRedirection::Output,
        (false, 2) => {
            chars.next_if_eq(&'-');
            AfterRedirection::End
        }
        _ => AfterRedirection::Input,
    }
}

/// Up to the bracket that closes, quotes and brackets inside respected.
fn read_enclosed(chars: &mut Chars, open: char, close: char) -> String {
    let mut inner = String::new();
    let (mut depth, mut quote) = (1, None);
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, c) if c == open => depth += 1,
            (None, c) if c == close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        inner.push(c);
        if c == '\\' {
            inner.extend(chars.next());
        }
    }
    inner
}

fn skip_document(chars: &mut Chars, end: &str) {
    loop {
        let mut line = String::new();
        while let Some(c) = chars.next_if(|c| *c != '\n') {
            line.push(c);
        }
        if chars.next().is_none() || line.trim_start_matches('\t').trim_end_matches('\r') == end {
            return;
        }
    }
}
