//! Commands in the settings that name the directory of the executables. They may start an executable in a way that cannot be
//! recognised.

use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor::{self, DIRECTORY, HookOwner, Mention, WrappedCommand};
use crate::{phrases, supported_events};

/// Returns the commands that name the directory. Entries, and commands that are known to start an executable, are left out.
#[must_use]
pub fn mentions_of_scope(env: &Environment, scope: Scope, text: &[u8]) -> Vec<Mention> {
    let is_start = |line: &WrappedCommand| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here;
    let folder = env.executables_dir();
    let real = folder.canonicalize().ok();
    let folders: Vec<_> =
        real.iter().chain([&folder]).map(|folder| without_quotes(&folder.to_string_lossy())).collect();
    settings_editor::find_mentions(text, &supported_events::owned_names(), &is_start, &|text| {
        names_directory(env, &folders, text)
    })
}

/// Lists them: `Stop, SubagentStop: COMMAND; statusLine.command: COMMAND`. Returns `None` if there are none.
#[must_use]
pub fn list_mentions(mentions: &[Mention]) -> Option<String> {
    let lines = phrases::group_by_key(mentions.iter().map(|Mention { location, command }| (&**command, &**location)));
    let lines: Vec<String> =
        lines.into_iter().map(|(command, places)| format!("{}: `{command}`", places.join(", "))).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Returns whether a command names the directory, as far as can be known without running it. `folders` are the known paths of
/// the directory. If in doubt, returns true, because a missed mention does more harm than a false one.
fn names_directory(env: &Environment, folders: &[String], text: &str) -> bool {
    let text = without_quotes(&with_tilde(env, &env.fill_variables(text)));
    if folders.iter().any(|folder| text.match_indices(folder).any(|(at, _)| is_end_of_name(&text[at + folder.len()..])))
    {
        return true;
    }
    // The beginning of the path may be known only when the command runs: the path is relative, or a variable holds it.
    text.match_indices(DIRECTORY).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + DIRECTORY.len()..]);
        let start = before.rfind(|c: char| c.is_whitespace() || "=:;()[]<>|&,`".contains(c)).map_or(0, |at| at + 1);
        let front = &before[start..];
        let is_whole = (front.is_empty() || front.ends_with('/')) && is_end_of_name(after);
        let is_absolute = front.starts_with(['/', '~']);
        is_whole && !is_absolute && (front.ends_with("hooks/") || names_executable(&text))
    })
}

/// Returns whether the text names one of the executables.
fn names_executable(text: &str) -> bool {
    let is_named = |name: &str| text.match_indices(name).any(|(at, _)| !text[..at].ends_with(is_name_character));
    supported_events::executable_names().into_iter().any(is_named)
}

/// Returns whether a name ends before this text.
fn is_end_of_name(rest: &str) -> bool {
    !rest.starts_with(is_name_character)
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Removes what a shell removes, and repeated slashes.
fn without_quotes(text: &str) -> String {
    let mut text: String = text.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect();
    for same in ["//", "/./"] {
        while text.contains(same) {
            text = text.replace(same, "/");
        }
    }
    text
}

/// Replaces each `~/` at the beginning of a word by the home directory.
fn with_tilde(env: &Environment, text: &str) -> String {
    let Some(home) = &env.home else { return text.to_owned() };
    let home = format!("{}/", home.display());
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("~/") {
        let is_start = !rest[..at].ends_with(|c| is_name_character(c) || c == '/');
        filled += &rest[..at];
        filled += if is_start { &home } else { "~/" };
        rest = &rest[at + 2..];
    }
    filled + rest
}
