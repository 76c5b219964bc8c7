//! What is known while a shell script is read.

use std::collections::HashMap;

use super::super::effect::{ScriptEffect, SignalPaths};

/// How deep an expansion in an expansion is read.
pub const MAX_DEPTH: usize = 8;

/// How many possible values of a variable are kept.
const MAX_VALUES: usize = 16;

/// The state of the reading. `syntax.rs` takes the text apart, and `commands.rs` decides what a command does.
pub struct ShellReader<'a> {
    /// Where the signals are.
    pub signals: &'a SignalPaths,
    /// The possible values of each variable.
    pub variables: HashMap<String, Vec<String>>,
    /// The possible current directories, if the script has changed it.
    pub folder: Option<Vec<String>>,
    effect: ScriptEffect,
}

/// A word of a script.
#[derive(Clone)]
pub struct ShellWord {
    /// The name before the first `=`, if the word is an assignment.
    pub name: Option<String>,
    /// The possible values of the word, or of what follows the `=`.
    pub values: Vec<String>,
}

impl ShellWord {
    /// Returns the first possible value.
    pub fn first_value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Returns whether the word is an option.
    pub fn is_option(&self) -> bool {
        self.first_value().starts_with('-')
    }
}

/// The part of a command that was read.
#[derive(Default)]
pub struct ParsedCommand {
    /// The words, without those of redirections.
    pub words: Vec<ShellWord>,
    /// The files to which output is redirected.
    pub outputs: Vec<ShellWord>,
}

impl<'a> ShellReader<'a> {
    /// Makes a reader that knows the variables of the environment.
    pub fn new(signals: &'a SignalPaths) -> Self {
        let variables = signals.variables().map(|(name, value)| (name.to_owned(), vec![value])).into();
        Self { signals, variables, folder: None, effect: ScriptEffect::default() }
    }

    /// Returns what the script does, as far as it was read.
    pub fn effect(&self) -> ScriptEffect {
        self.effect
    }

    /// Notes what a part of the script does.
    pub fn note_effect(&mut self, effect: ScriptEffect) {
        self.effect = self.effect.max(effect);
    }

    /// Adds possible values of a variable. Earlier values are kept, because the order of the assignments may not be the order
    /// in which they run.
    pub fn assign_variable(&mut self, name: &str, values: Vec<String>) {
        let known = self.variables.entry(name.to_owned()).or_default();
        known.extend(values);
        known.dedup();
        known.truncate(MAX_VALUES);
    }
}
