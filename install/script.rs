//! The scripts that the executables replace: known by name to the editor, and by what they write to us.

mod effect;
mod powershell;
mod shell;

use std::io::Read;

use crate::environment::Environment;
pub use effect::ScriptEffect;
use effect::SignalPaths;

/// The directory of the signals.
const DIRECTORY: &str = "session-signals";

/// What the script at `path`, as a settings file names it, does to the signals. One that cannot be read does nothing.
#[must_use]
pub fn script_effect(env: &Environment, path: &str) -> ScriptEffect {
    let mut text = Vec::new();
    let file = env.expand_variables(path);
    // A pipe would keep us waiting.
    if !file.is_file() {
        return ScriptEffect::Silent;
    }
    let read = std::fs::File::open(file).and_then(|text_of| text_of.take(1 << 20).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    if read.is_err() || !text.contains(DIRECTORY) {
        return ScriptEffect::Silent;
    }
    if path.to_ascii_lowercase().ends_with(".ps1") {
        return powershell::script_effect(&text, &SignalPaths::of_environment(env));
    }
    let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or("sh");
    let is_shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash" | "zsh" | "ksh"));
    if interpreter.split_whitespace().any(is_shell) {
        shell::script_effect(&text, &SignalPaths::of_environment(env))
    } else {
        ScriptEffect::Unclear
    }
}
