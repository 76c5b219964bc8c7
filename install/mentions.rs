//! What of the settings names the directory of the executables, in whatever words: it may start them.

use crate::editor::{self, DIRECTORY, Mention, Whose, Wrapped};
use crate::env::Env;
use crate::paths::Scope;
use crate::{events, wording};

/// Everything of these settings that does, but for entries and for lines that can be seen to start an executable.
#[must_use]
pub fn of(env: &Env, scope: Scope, text: &[u8]) -> Vec<Mention> {
    let is_start = |line: &Wrapped| env.place(scope, &line.path, line.by_shell) == Whose::Here;
    editor::mentions(text, &events::owned(), &is_start, &|text| is_named(env, text))
}

/// All of them in words: `Stop, SubagentStop: COMMAND; statusLine.command: COMMAND`.
#[must_use]
pub fn listed(mentions: &[Mention]) -> Option<String> {
    let lines = wording::grouped(mentions.iter().map(|Mention { place, command }| (&**command, &**place)));
    let lines: Vec<String> =
        lines.into_iter().map(|(command, places)| format!("{}: `{command}`", places.join(", "))).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Whether a command names the directory, as far as can be told without running it. Once too often does less harm than
/// once too seldom.
fn is_named(env: &Env, text: &str) -> bool {
    let text = plain(&tilde(env, &env.filled(text)));
    let folder = env.executables();
    let real = folder.canonicalize().ok();
    let mut folders = real.iter().chain([&folder]).map(|folder| plain(&folder.to_string_lossy()));
    if folders.any(|folder| text.match_indices(&*folder).any(|(at, _)| ends(&text[at + folder.len()..]))) {
        return true;
    }
    // By a path whose front only a run would tell: relative to where the command goes, or in a variable.
    text.match_indices(DIRECTORY).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + DIRECTORY.len()..]);
        let start = before.rfind(|c: char| c.is_whitespace() || "=:;()[]<>|&,`".contains(c)).map_or(0, |at| at + 1);
        let front = &before[start..];
        let is_whole = (front.is_empty() || front.ends_with('/')) && ends(after);
        let is_absolute = front.starts_with(['/', '~']);
        is_whole && !is_absolute && (front.ends_with("hooks/") || names_one(&text))
    })
}

/// Whether one of the executables is named.
fn names_one(text: &str) -> bool {
    let is_named = |name: &str| text.match_indices(name).any(|(at, _)| !text[..at].ends_with(is_of_name));
    events::executables().into_iter().any(is_named)
}

/// Whether a name ends where this goes on.
fn ends(rest: &str) -> bool {
    !rest.starts_with(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Without what a shell drops, and with a single slash between names.
fn plain(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
    for same in ["//", "/./"] {
        while text.contains(same) {
            text = text.replace(same, "/");
        }
    }
    text
}

/// With the home in the place of each `~/` that begins a word.
fn tilde(env: &Env, text: &str) -> String {
    let Some(home) = &env.home else { return text.to_owned() };
    let home = format!("{}/", home.display());
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("~/") {
        let is_start = !rest[..at].ends_with(|c| is_of_name(c) || c == '/');
        filled += &rest[..at];
        filled += if is_start { &home } else { "~/" };
        rest = &rest[at + 2..];
    }
    filled + rest
}
