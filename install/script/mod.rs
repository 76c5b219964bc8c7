//! What a registered script does to the signals.
//!
//! The settings editor knows the names of the scripts that the executables replace. Here their text is read: only a script that
//! writes signals is replaced.

mod effect;
mod powershell;
mod shell;

use std::io::Read;

use session_signals_protocol::file_names::SIGNAL_DIR;

use crate::environment::Environment;
pub use effect::ScriptEffect;
use effect::SignalPaths;

/// How much of a script is read, in bytes.
const MAX_SCRIPT_LEN: u64 = 1 << 20;

/// Returns what the script at `path`, as settings name it, does to the signals. A script that cannot be read does nothing.
#[must_use]
pub fn script_effect(env: &Environment, path: &str) -> ScriptEffect {
    let mut text = Vec::new();
    let file = env.expand_variables(path);
    // Reading a named pipe would wait for ever.
    if !file.is_file() {
        return ScriptEffect::Silent;
    }
    let read = std::fs::File::open(file).and_then(|file| file.take(MAX_SCRIPT_LEN).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    if read.is_err() || !text.contains(SIGNAL_DIR) {
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
