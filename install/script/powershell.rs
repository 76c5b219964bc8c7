//! What a PowerShell script writes, as its text shows: redirections, and the commands that make files. Nothing is run.

use std::collections::HashMap;

use super::effect::{ScriptEffect, SignalPaths, UNKNOWN, join_all};

/// Returns what the PowerShell script of this text does to the signals.
pub fn script_effect(text: &str, signals: &SignalPaths) -> ScriptEffect {
    let mut variables = HashMap::new();
    for (name, value) in signals.variables() {
        // PowerShell has its own variable for the home directory, and Windows has another one in the environment.
        let names = if name == "HOME" { &["home", "env:userprofile"][..] } else { &[] };
        let names = names.iter().map(|name| (*name).to_owned()).chain([format!("env:{}", name.to_ascii_lowercase())]);
        variables.extend(names.map(|name| (name, vec![value.clone()])));
    }
    let mut reader = PowershellReader { signals, variables, effect: ScriptEffect::default() };
    for statement in split_statements(text) {
        reader.run_command(&statement);
    }
    reader.effect
}

/// Commands that write no file. They may remove files.
const READERS: [&str; 20] = [
    "get-content",
    "gc",
    "cat",
    "type",
    "test-path",
    "get-childitem",
    "gci",
    "ls",
    "dir",
    "get-item",
    "remove-item",
    "ri",
    "rm",
    "del",
    "join-path",
    "split-path",
    "write-host",
    "write-output",
    "echo",
    "resolve-path",
];

/// A word of a statement, as it is written: a string has its quotes.
type Word = String;

struct PowershellReader<'a> {
    signals: &'a SignalPaths,
    variables: HashMap<String, Vec<String>>,
    effect: ScriptEffect,
}

impl PowershellReader<'_> {
    fn run_command(&mut self, words: &[Word]) {
        let Some(first) = words.first() else { return };
        if let (Some(name), Some("=")) = (variable_name(first), words.get(1).map(String::as_str)) {
            let values = self.expression_values(&words[2..]);
            self.variables.entry(name.to_ascii_lowercase()).or_default().extend(values);
            return;
        }
        for pair in words.windows(2).filter(|pair| matches!(&*pair[0], ">" | ">>")) {
            self.note_write(&pair[1]);
        }
        let lower = first.to_ascii_lowercase();
        match &*lower {
            "out-file" | "set-content" | "sc" | "add-content" | "ac" | "tee-object" | "tee" | "export-clixml" => {
                let named = parameter_value(words, &["-filepath", "-path", "-literalpath"]);
                self.note_write(named.or_else(|| nth_operand(words, 0)).map_or("", |word| word));
            }
            "copy-item" | "cp" | "copy" | "cpi" | "move-item" | "mv" | "move" | "mi" => {
                let named = parameter_value(words, &["-destination"]);
                self.note_write(named.or_else(|| nth_operand(words, 1)).map_or("", |word| word));
            }
            "new-item" | "ni" => {
                let kind = parameter_value(words, &["-itemtype", "-type"]).map_or("", |word| word);
                if !kind.eq_ignore_ascii_case("directory") {
                    let named = parameter_value(words, &["-path", "-literalpath"]);
                    self.note_write(named.or_else(|| nth_operand(words, 0)).map_or("", |word| word));
                }
            }
            "rename-item" | "invoke-expression" | "iex" | "." | "&" => self.note_effect(ScriptEffect::Unclear),
            lower if lower.contains("]::write") || lower.contains("]::append") => {
                self.note_write(words.get(1).map_or("", |word| word));
            }
            lower if READERS.contains(&lower) || lower.starts_with(['$', '[', '"', '\'']) => {}
            _ => {
                let values: Vec<String> = words[1..].iter().flat_map(|word| self.word_values(word)).collect();
                // An unknown command that gets the path of the signal directory may write there.
                let is_block =
                    matches!(&*lower, "if" | "elseif" | "foreach" | "while" | "switch" | "param" | "function");
                if !is_block && values.iter().any(|value| self.signals.is_signal_path(value)) {
                    self.note_effect(ScriptEffect::Unclear);
                }
            }
        }
    }

    fn note_effect(&mut self, effect: ScriptEffect) {
        self.effect = self.effect.max(effect);
    }

    fn note_write(&mut self, word: &str) {
        let values = self.word_values(word);
        self.note_effect(self.signals.effect_of_values(&values));
    }

    /// Returns the possible values of an expression that is assigned to a variable.
    fn expression_values(&self, words: &[Word]) -> Vec<String> {
        match words {
            [one] => self.word_values(one),
            [join, rest @ ..] if join.eq_ignore_ascii_case("join-path") => {
                let parts = rest.iter().filter(|word| !word.starts_with('-')).map(|word| self.word_values(word));
                parts.reduce(|path, part| join_all(&join_all(&path, &["/".to_owned()]), &part)).unwrap_or_default()
            }
            _ => vec![UNKNOWN.to_string()],
        }
    }

    /// Returns the possible values of a word.
    fn word_values(&self, word: &str) -> Vec<String> {
        if let Some(inner) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
            return vec![inner.to_owned()];
        }
        let quoted = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        // Outside of quotes, `.` and `[` access a member or an item of a variable.
        if quoted.is_none() && word.contains('$') && word.contains(['.', '[']) {
            return vec![UNKNOWN.to_string()];
        }
        let inner = quoted.unwrap_or(word);
        let mut values = vec![String::new()];
        let mut chars = inner.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '$' {
                for value in &mut values {
                    value.push(if c == '*' { UNKNOWN } else { c });
                }
                continue;
            }
            let braced = chars.next_if_eq(&'{').is_some();
            let mut name = String::new();
            while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')) {
                name.push(c);
            }
            if braced {
                chars.next_if_eq(&'}');
            } else if name.is_empty() && chars.peek() == Some(&'(') {
                let mut depth = 0;
                for c in chars.by_ref() {
                    depth += i32::from(c == '(') - i32::from(c == ')');
                    if depth == 0 {
                        break;
                    }
                }
            }
            let known = self.variables.get(&name.to_ascii_lowercase()).cloned();
            values = join_all(&values, &known.unwrap_or_else(|| vec![UNKNOWN.to_string()]));
        }
        values
    }
}

/// Returns the name of the variable if the word is a variable and nothing else.
fn variable_name(word: &str) -> Option<&str> {
    let name = word.strip_prefix('$')?;
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_').then_some(name)
}

/// Returns the word after the first of these parameters.
fn parameter_value<'a>(words: &'a [Word], names: &[&str]) -> Option<&'a Word> {
    let at = words.iter().position(|word| names.iter().any(|name| word.eq_ignore_ascii_case(name)))?;
    words.get(at + 1)
}

/// Returns the operand of this number. Only operands before the first parameter are counted.
fn nth_operand(words: &[Word], number: usize) -> Option<&Word> {
    words[1..].iter().take_while(|word| !word.starts_with('-')).nth(number)
}

/// Splits a script into statements, which are lists of words. Line ends, semicolons, pipes, commas and brackets separate
/// statements. Comments are left out.
fn split_statements(text: &str) -> Vec<Vec<Word>> {
    let mut statements = vec![Vec::new()];
    let mut chars = text.chars().peekable();
    let mut word = String::new();
    while let Some(c) = chars.next() {
        let is_end = matches!(c, '\n' | ';' | '|' | '{' | '}' | ')' | ',');
        // The first argument of such a method is the file, so the arguments belong to the statement.
        let is_call = c == '(' && word.contains("]::");
        if is_end || c == '(' || c.is_whitespace() || matches!(c, '>' | '=') && !word.contains('-') {
            let done = std::mem::take(&mut word);
            if let Some(statement) = statements.last_mut()
                && !done.is_empty()
            {
                statement.push(done);
            }
        }
        match c {
            _ if is_end || c == '(' && !is_call => statements.push(Vec::new()),
            '#' if word.is_empty() => while chars.next_if(|c| *c != '\n').is_some() {},
            '<' if chars.peek() == Some(&'#') => {
                let mut last = ' ';
                for c in chars.by_ref() {
                    if last == '#' && c == '>' {
                        break;
                    }
                    last = c;
                }
            }
            '"' | '\'' => {
                word.push(c);
                while let Some(inner) = chars.next() {
                    word.push(inner);
                    if inner == '`' {
                        word.extend(chars.next());
                    } else if inner == c {
                        break;
                    }
                }
            }
            '>' | '=' if word.is_empty() => {
                let mut operator = String::from(c);
                operator.extend(chars.next_if_eq(&'>'));
                if let Some(statement) = statements.last_mut() {
                    statement.push(operator);
                }
            }
            '`' => drop(chars.next()),
            c if c.is_whitespace() || c == '(' => {}
            c => word.push(c),
        }
    }
    if let Some(statement) = statements.last_mut() {
        statement.push(word);
    }
    statements.retain(|statement| statement.first().is_some_and(|word| !word.is_empty()));
    statements
}
