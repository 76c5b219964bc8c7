//! What a shell script writes, read off its text: redirections, and the commands that make files. Nothing is run.

use std::collections::HashMap;

use super::verdict::{Signals, UNKNOWN, Verdict, joined};

/// What the script of this `text` does to the signals.
pub fn verdict(text: &str, signals: &Signals) -> Verdict {
    let variables = signals.variables().map(|(name, value)| (name.to_owned(), vec![value])).into();
    let mut reader = Reader { signals, variables, folder: None, verdict: Verdict::default() };
    reader.script(text, 0);
    reader.verdict
}

/// How deep one expansion is looked at in another.
const DEEPEST: usize = 8;

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
struct Word {
    name: Option<String>,
    values: Vec<String>,
}

impl Word {
    fn first(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    fn is_option(&self) -> bool {
        self.first().starts_with('-')
    }
}

struct Reader<'a> {
    signals: &'a Signals,
    variables: HashMap<String, Vec<String>>,
    /// What a relative path begins with, where the script has gone somewhere.
    folder: Option<Vec<String>>,
    verdict: Verdict,
}

/// One command as far as it was read.
#[derive(Default)]
struct Command {
    words: Vec<Word>,
    outputs: Vec<Word>,
}

/// What the next word is.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    /// Also after a redirection to a descriptor, `>&2`.
    Argument,
    Input,
    Output,
    /// The word that ends a here-document.
    End,
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

impl Reader<'_> {
    fn say(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
    }

    fn script(&mut self, text: &str, depth: usize) {
        if depth > DEEPEST {
            return self.say(Verdict::Unclear);
        }
        let mut chars = text.chars().peekable();
        let mut command = Command::default();
        let mut next = Next::Argument;
        let mut ends: Vec<String> = Vec::new();
        while let Some(&c) = chars.peek() {
            match c {
                ' ' | '\t' | '\r' => drop(chars.next()),
                '#' => while chars.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    chars.next();
                    self.run(std::mem::take(&mut command), depth);
                    for end in ends.drain(..) {
                        skip_document(&mut chars, &end);
                    }
                }
                ';' | '|' | '&' | '(' | ')' => {
                    chars.next();
                    // `&>` sends output to a file.
                    if !(c == '&' && chars.peek() == Some(&'>')) {
                        self.run(std::mem::take(&mut command), depth);
                    }
                }
                '<' | '>' => {
                    next = redirection(&mut chars);
                }
                _ => {
                    let word = self.word(&mut chars, depth);
                    // Digits right before a redirection name a descriptor.
                    let is_descriptor = matches!(chars.peek(), Some('<' | '>'))
                        && !word.first().is_empty()
                        && word.first().bytes().all(|byte| byte.is_ascii_digit());
                    match std::mem::replace(&mut next, Next::Argument) {
                        Next::Argument if is_descriptor => {}
                        Next::Argument => command.words.push(word),
                        Next::Output => command.outputs.push(word),
                        Next::Input => {}
                        Next::End => ends.push(word.first().to_owned()),
                    }
                }
            }
        }
        self.run(command, depth);
    }

    /// One word, up to what ends it.
    fn word(&mut self, chars: &mut Chars, depth: usize) -> Word {
        let mut word = Word { name: None, values: vec![String::new()] };
        let mut is_plain = true;
        let push = |word: &mut Word, c: char| word.values.iter_mut().for_each(|value| value.push(c));
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
                                let values = self.expansion(chars, depth);
                                word.values = joined(&word.values, &values);
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
                    let values = self.expansion(chars, depth);
                    word.values = joined(&word.values, &values);
                }
                '=' if is_plain && word.name.is_none() && is_name(word.first()) => {
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
    fn expansion(&mut self, chars: &mut Chars, depth: usize) -> Vec<String> {
        let unknown = || vec![UNKNOWN.to_string()];
        if depth > DEEPEST {
            self.say(Verdict::Unclear);
            chars.next();
            return unknown();
        }
        if chars.next() == Some('`') {
            let inner: String = chars.by_ref().take_while(|c| *c != '`').collect();
            return self.substitution(&inner, depth);
        }
        match chars.peek().copied() {
            Some('(') => {
                chars.next();
                let inner = enclosed(chars, '(', ')');
                self.substitution(&inner, depth)
            }
            Some('{') => {
                chars.next();
                let inner = enclosed(chars, '{', '}');
                let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
                let (name, rest) = inner.split_at(end);
                let known = self.variables.get(name).cloned();
                match rest.strip_prefix(":-").or(rest.strip_prefix('-')) {
                    _ if rest.is_empty() => known.unwrap_or_else(unknown),
                    Some(default) => {
                        let mut values = known.unwrap_or_else(unknown);
                        values.extend(self.word(&mut default.chars().peekable(), depth + 1).values);
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
    fn substitution(&mut self, inner: &str, depth: usize) -> Vec<String> {
        self.script(inner, depth + 1);
        let is_temporary = inner.trim_start().starts_with("mktemp");
        vec![if is_temporary { format!("/tmp/{UNKNOWN}.tmp") } else { UNKNOWN.to_string() }]
    }

    fn assign(&mut self, name: &str, values: Vec<String>) {
        let known = self.variables.entry(name.to_owned()).or_default();
        // Which of several was last may depend on more than their order.
        known.extend(values);
        known.dedup();
        known.truncate(16);
    }

    /// Takes in what a command does.
    fn run(&mut self, command: Command, depth: usize) {
        let Command { mut words, outputs } = command;
        let skipped = words.iter().take_while(|word| word.name.is_none() && BEFORE.contains(&word.first())).count();
        words.drain(..skipped);
        let is_test = words.first().is_some_and(|word| word.first() == "[[");
        for word in outputs.iter().filter(|_| !is_test) {
            self.writes(&word.values);
        }
        let assignments = words.iter().take_while(|word| word.name.is_some()).count();
        for word in words.drain(..assignments) {
            self.assign(&word.name.unwrap_or_default(), word.values);
        }
        let Some((first, operands)) = words.split_first() else { return };
        let name = first.first().rsplit('/').next().unwrap_or_default().to_owned();
        let plain = || operands.iter().filter(|word| !word.is_option());
        match &*name {
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for word in operands.iter().filter(|word| word.name.is_some()) {
                    self.assign(word.name.as_deref().unwrap_or_default(), word.values.clone());
                }
            }
            "for" => {
                if let [variable, _, values @ ..] = operands {
                    self.assign(variable.first(), values.iter().flat_map(|word| word.values.clone()).collect());
                }
            }
            "read" => plain().for_each(|word| self.assign(word.first(), vec![UNKNOWN.to_string()])),
            "cd" | "pushd" => {
                let folder = plain().next().map(|word| joined(&word.values, &["/".to_owned()]));
                self.folder = Some(folder.unwrap_or_default());
            }
            "tee" | "touch" | "truncate" | "sponge" => plain().for_each(|word| self.writes(&word.values)),
            "dd" => {
                operands
                    .iter()
                    .filter(|word| word.name.as_deref() == Some("of"))
                    .for_each(|word| self.writes(&word.values));
            }
            "cp" | "mv" | "ln" | "install" | "rsync" => {
                let plain: Vec<_> = plain().cloned().collect();
                self.copies(&plain);
            }
            "curl" | "sort" | "wget" => {
                let outputs = operands.windows(2).filter(|pair| matches!(pair[0].first(), "-o" | "--output" | "-O"));
                outputs.for_each(|pair| self.writes(&pair[1].values));
            }
            "sed" if operands.iter().any(|word| word.first().starts_with("-i")) => {
                plain().for_each(|word| self.writes(&word.values));
            }
            "awk" | "gawk" | "mawk" if operands.iter().any(|word| word.first().contains('>')) => {
                self.say(Verdict::Unclear);
            }
            "sh" | "bash" | "dash" | "zsh" | "ksh" => match operands {
                [option, line, ..] if option.first() == "-c" => self.script(line.first(), depth + 1),
                _ => self.say(Verdict::Unclear),
            },
            "find" if operands.iter().any(|word| word.first().starts_with("-exec")) => self.say(Verdict::Unclear),
            "find" | "awk" | "gawk" | "mawk" | "sed" => {}
            name if INTERPRETERS.contains(&name) => self.say(Verdict::Unclear),
            name if READERS.contains(&name) => {}
            // Whatever is told of the signals' directory may write there.
            _ if operands.iter().flat_map(|word| &word.values).any(|value| self.signals.are_at(value)) => {
                self.say(Verdict::Unclear);
            }
            _ => {}
        }
    }

    /// A file is written.
    fn writes(&mut self, values: &[String]) {
        let is_relative =
            |value: &String| !(value.starts_with(['/', '~']) || value.starts_with(UNKNOWN) && value.contains('/'));
        let from = |value: &String| match &self.folder {
            Some(folders) if is_relative(value) => joined(folders, std::slice::from_ref(value)),
            _ => vec![value.clone()],
        };
        let values: Vec<String> = values.iter().flat_map(from).collect();
        self.say(self.signals.verdict(&values));
    }

    /// The last operand is written; where that is a directory, each of the others in it.
    fn copies(&mut self, operands: &[Word]) {
        let Some((last, sources)) = operands.split_last() else { return };
        let is_folder = |value: &String| value.ends_with('/') || value.rsplit('/').next() == Some(super::DIRECTORY);
        if !last.values.iter().any(is_folder) {
            return self.writes(&last.values);
        }
        let folder: Vec<String> = last.values.iter().map(|value| format!("{}/", value.trim_end_matches('/'))).collect();
        for source in sources {
            let name = |value: &String| value.rsplit('/').next().unwrap_or_default().to_owned();
            let names: Vec<String> = source.values.iter().map(name).collect();
            self.writes(&joined(&folder, &names));
        }
    }
}

fn is_name(word: &str) -> bool {
    let starts = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Reads `<`, `>` and what belongs to it; says what the next word is to it.
fn redirection(chars: &mut Chars) -> Next {
    let first = chars.next();
    if chars.peek() == Some(&'(') {
        return Next::Argument;
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
            return Next::Argument;
        }
    }
    match (is_output, marks) {
        (true, _) => Next::Output,
        (false, 2) => {
            chars.next_if_eq(&'-');
            Next::End
        }
        _ => Next::Input,
    }
}

/// Up to the bracket that closes, quotes and brackets inside respected.
fn enclosed(chars: &mut Chars, open: char, close: char) -> String {
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
