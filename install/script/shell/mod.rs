//! What a shell script writes, as its text shows: redirections, and the commands that make files. Nothing is run.

mod commands;
mod reader;
mod syntax;
mod tokens;

use super::effect::{ScriptEffect, SignalPaths};
use reader::ShellReader;

/// Returns what the shell script of this text does to the signals.
pub fn script_effect(text: &str, signals: &SignalPaths) -> ScriptEffect {
    let mut reader = ShellReader::new(signals);
    reader.read_script(text, 0);
    reader.effect()
}
