//! The scripts that the executables replace: known by name to the editor, and by what they write to us.

use std::io::Read;
use std::path::PathBuf;

use crate::env::Env;

/// Whether the script at `path`, as a settings file names it, writes session signals.
#[must_use]
pub fn writes_signals(env: &Env, path: &str) -> bool {
    let mut text = Vec::new();
    let read = std::fs::File::open(expanded(env, path)).and_then(|file| file.take(1 << 20).read_to_end(&mut text));
    let name = b"session-signals";
    read.is_ok() && text.windows(name.len()).any(|window| window == name)
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
