//! The scripts that the executables replace: known by name to the editor, and by what they write to us.

mod powershell;
mod shell;
mod verdict;

use std::io::Read;
use std::path::PathBuf;

use crate::env::Env;
pub use verdict::Verdict;

/// The directory of the signals.
const DIRECTORY: &str = "session-signals";

/// What the script at `path`, as a settings file names it, does to the signals. One that cannot be read does nothing.
#[must_use]
pub fn verdict(env: &Env, path: &str) -> Verdict {
    let mut text = Vec::new();
    let read = std::fs::File::open(expanded(env, path)).and_then(|file| file.take(1 << 20).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    if read.is_err() || !text.contains(DIRECTORY) {
        return Verdict::Silent;
    }
    if path.to_ascii_lowercase().ends_with(".ps1") {
        return powershell::verdict(&text);
    }
    let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!")).unwrap_or("sh");
    let is_shell = |word: &str| matches!(word.rsplit('/').next(), Some("sh" | "bash" | "dash" | "zsh" | "ksh"));
    if interpreter.split_whitespace().any(is_shell) { shell::verdict(&text) } else { Verdict::Unclear }
}

/// With `~` and the variables that hooks are written with filled in.
fn expanded(env: &Env, path: &str) -> PathBuf {
    let project = env.project.to_string_lossy();
    let home = env.home.as_deref().unwrap_or(std::path::Path::new("/")).to_string_lossy();
    let config = env.config.to_string_lossy();
    let variables = [("HOME", &home), ("CLAUDE_PROJECT_DIR", &project), ("CLAUDE_CONFIG_DIR", &config)];
    let mut path = match path.strip_prefix('~') {
        Some(rest) if rest.starts_with('/') => format!("{home}{rest}"),
        _ => path.to_owned(),
    };
    for (name, value) in variables {
        path = path.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
    }
    env.project.join(path)
}
