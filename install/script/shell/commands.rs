//! What the commands of a shell script do to files.

use session_signals_protocol::file_names::SIGNAL_DIR;

use super::super::effect::{ScriptEffect, UNKNOWN, join_all};
use super::reader::{ParsedCommand, ShellReader, ShellWord};

/// Words after which a command follows.
const PREFIXES: [&str; 15] =
    ["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "command", "exec", "sudo", "nohup", "env"];

/// Commands that write no file, except by a redirection. They may remove files.
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

/// Commands that run other code, so what they do is unknown.
const INTERPRETERS: [&str; 13] =
    ["eval", "source", ".", "python", "python3", "node", "perl", "ruby", "php", "deno", "bun", "xargs", "pwsh"];

impl ShellReader<'_> {
    /// Notes what a command does.
    pub fn run_command(&mut self, command: ParsedCommand, depth: usize) {
        let ParsedCommand { mut words, outputs } = command;
        let skipped =
            words.iter().take_while(|word| word.name.is_none() && PREFIXES.contains(&word.first_value())).count();
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
            // An unknown command that gets the path of the signal directory may write there.
            _ if operands.iter().flat_map(|word| &word.values).any(|value| self.signals.is_signal_path(value)) => {
                self.note_effect(ScriptEffect::Unclear);
            }
            _ => {}
        }
    }

    /// Notes that a file is written.
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

    /// Notes that the last operand is written, or files in it if it is a directory.
    fn note_copy(&mut self, operands: &[ShellWord]) {
        let Some((last, sources)) = operands.split_last() else { return };
        let is_folder = |value: &String| value.ends_with('/') || value.rsplit('/').next() == Some(SIGNAL_DIR);
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
