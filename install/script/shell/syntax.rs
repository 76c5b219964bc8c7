//! The syntax of a shell script: commands, words and expansions.

use super::super::effect::{ScriptEffect, UNKNOWN, join_all};
use super::reader::{MAX_DEPTH, ParsedCommand, ShellReader, ShellWord};
use super::tokens::{Chars, WordRole, is_name, read_enclosed, read_redirection, skip_document};

impl ShellReader<'_> {
    /// Reads a script, or a part of one that is nested `depth` times in others.
    pub fn read_script(&mut self, text: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return self.note_effect(ScriptEffect::Unclear);
        }
        let mut chars = text.chars().peekable();
        let mut command = ParsedCommand::default();
        let mut role = WordRole::Argument;
        let mut document_ends: Vec<String> = Vec::new();
        while let Some(&c) = chars.peek() {
            match c {
                ' ' | '\t' | '\r' => drop(chars.next()),
                '#' => while chars.next_if(|c| *c != '\n').is_some() {},
                '\n' => {
                    chars.next();
                    self.run_command(std::mem::take(&mut command), depth);
                    for end in document_ends.drain(..) {
                        skip_document(&mut chars, &end);
                    }
                }
                ';' | '|' | '&' | '(' | ')' => {
                    chars.next();
                    // `&>` redirects output to a file.
                    if !(c == '&' && chars.peek() == Some(&'>')) {
                        self.run_command(std::mem::take(&mut command), depth);
                    }
                }
                '<' | '>' => {
                    role = read_redirection(&mut chars);
                }
                _ => {
                    let word = self.read_word(&mut chars, depth);
                    // Digits directly before a redirection are the number of a descriptor.
                    let is_descriptor = matches!(chars.peek(), Some('<' | '>'))
                        && !word.first_value().is_empty()
                        && word.first_value().bytes().all(|byte| byte.is_ascii_digit());
                    match std::mem::replace(&mut role, WordRole::Argument) {
                        WordRole::Argument if is_descriptor => {}
                        WordRole::Argument => command.words.push(word),
                        WordRole::Output => command.outputs.push(word),
                        WordRole::Input => {}
                        WordRole::End => document_ends.push(word.first_value().to_owned()),
                    }
                }
            }
        }
        self.run_command(command, depth);
    }

    /// Reads one word.
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
                    // The value is an array.
                    if chars.peek() == Some(&'(') {
                        push(&mut word, UNKNOWN);
                    }
                }
                // A pattern stands for one of many files.
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

    /// Reads an expansion, `$…` or `` `…` ``, and returns its possible values.
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

    /// Reads a command substitution. What the command writes counts; what it prints is unknown.
    fn read_substitution(&mut self, inner: &str, depth: usize) -> Vec<String> {
        self.read_script(inner, depth + 1);
        let is_temporary = inner.trim_start().starts_with("mktemp");
        vec![if is_temporary { format!("/tmp/{UNKNOWN}.tmp") } else { UNKNOWN.to_string() }]
    }
}
