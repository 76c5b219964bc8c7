//! Finds strings in the settings that name the directory of our executables, but are neither our entries nor lines that
//! can be seen to start an executable. Nobody knows what such a string is for, so it is reported and never changed.

use super::{
    document::{self, Span},
    ownership,
    parsed_settings::ParsedSettings,
    settings_hook::WrittenCommand,
    wrapped_commands::{self, WrappedCommand},
};

/// A member of the settings whose strings name paths and run nothing.
const RULES_MEMBER: &str = "permissions";

/// How deep a setting is searched. No setting with a command is nested deeper.
const MAX_DEPTH: usize = 8;

/// One string that names the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Where the string is: a hook event, or the path of a setting, such as `statusLine.command`.
    pub location: String,
    /// The command as a user would type it. If the string is not part of a command, the string.
    pub command: String,
}

/// Lists every such string. Returns an empty list if the settings cannot be read.
///
/// `is_start` returns whether a line starts an executable in the directory; `names_directory` returns whether a string
/// names the directory. Example: `{"statusLine": {"command": "cat ~/.claude/hooks/session-signals/log"}}` gives the
/// location `statusLine.command`.
#[must_use]
pub fn find_mentions(
    text: &[u8],
    owned: &[&str],
    is_start: &dyn Fn(&WrappedCommand) -> bool,
    names_directory: &dyn Fn(&str) -> bool,
) -> Vec<Mention> {
    let Ok(settings) = ParsedSettings::parse(text) else { return Vec::new() };
    let mut found = mentions_in_hooks(&settings, owned, is_start, names_directory);
    found.extend(mentions_in_settings(&settings, names_directory));
    found
}

/// Lists at most one mention for each hook.
fn mentions_in_hooks(
    settings: &ParsedSettings,
    owned: &[&str],
    is_start: &dyn Fn(&WrappedCommand) -> bool,
    names_directory: &dyn Fn(&str) -> bool,
) -> Vec<Mention> {
    let text = settings.text;
    let mut found = Vec::new();
    for event in settings.events() {
        for group in &event.groups {
            for (item, hook) in group.items() {
                let is_ours = hook.is_some_and(|hook| ownership::owned_executable(&hook.command, owned).is_some());
                if is_ours || wrapped_commands::wrapped_in_hook(text, event, (group, item), owned).iter().any(is_start)
                {
                    continue;
                }
                let mut strings = Vec::new();
                collect_strings(text, item, "", 0, &mut strings);
                let first = strings.into_iter().map(|(_, string)| string).find(|string| names_directory(string));
                found.extend(first.map(|first| {
                    let members = document::read_members(text, item);
                    let written = members.and_then(|members| WrittenCommand::read(text, &members));
                    let command = written.map_or(first, |written| written.display_text());
                    Mention { location: event.name.clone(), command }
                }));
            }
        }
    }
    found
}

/// Lists the mentions outside of `hooks`.
fn mentions_in_settings(settings: &ParsedSettings, names_directory: &dyn Fn(&str) -> bool) -> Vec<Mention> {
    let text = settings.text;
    let mut strings = Vec::new();
    for (number, member) in settings.members.iter().enumerate() {
        let Some(name) = document::read_string(text, &member.key) else { continue };
        let counts = || document::find_member(text, &settings.members, &name) == Some(number);
        if name != "hooks" && name != RULES_MEMBER && counts() {
            collect_strings(text, &member.value, &name, 0, &mut strings);
        }
    }
    let mentions = strings.into_iter().filter(|(_, string)| names_directory(string));
    mentions.map(|(location, command)| Mention { location, command }).collect()
}

/// Adds every string of the value at `at` to `found`, with its path. `path` is the path of the value itself.
fn collect_strings(text: &str, at: &Span, path: &str, depth: usize, found: &mut Vec<(String, String)>) {
    if depth > MAX_DEPTH {
    } else if let Some(string) = document::read_string(text, at) {
        found.push((path.to_owned(), string.into_owned()));
    } else if let Some(members) = document::read_members(text, at) {
        for member in &members {
            let name = document::read_string(text, &member.key).unwrap_or_default();
            collect_strings(text, &member.value, &format!("{path}.{name}"), depth + 1, found);
        }
    } else if let Some(items) = document::read_items(text, at) {
        for item in &items {
            collect_strings(text, item, path, depth + 1, found);
        }
    }
}
