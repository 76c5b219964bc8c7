//! What in the settings names the directory of our executables, and is neither an entry nor a line that can be seen to
//! start one: nobody knows what it does with them. It is told of, and never changed.

use super::{
    document::{self, Span},
    ownership,
    parsed_settings::ParsedSettings,
    wrapped_commands::{self, WrappedCommand},
};

/// Members of the settings that name paths and run nothing.
const RULES_MEMBER: &str = "permissions";

/// Settings with commands in them are not nested deeper.
const MAX_DEPTH: usize = 8;

/// One string of the settings that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The hook event, or the setting: `statusLine.command`.
    pub place: String,
    /// The command as a person would type it, or what stands there.
    pub command: String,
}

/// Every such string; none in settings that make no sense. `names`: whether a text names the directory; `is_start`:
/// whether a line starts one of the executables there.
#[must_use]
pub fn find_mentions(
    text: &[u8],
    owned: &[&str],
    is_start: &dyn Fn(&WrappedCommand) -> bool,
    names: &dyn Fn(&str) -> bool,
) -> Vec<Mention> {
    let Ok(settings) = ParsedSettings::parse_settings(text) else { return Vec::new() };
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
                walk_strings(text, item, "", 0, &mut strings);
                let first = strings.into_iter().map(|(_, string)| string).find(|string| names(string));
                found.extend(first.map(|first| {
                    let line = wrapped_commands::line_at(text, item);
                    let line = line.map(|(line, args)| [vec![line], args.unwrap_or_default()].concat().join(" "));
                    Mention { place: event.name.clone(), command: line.unwrap_or(first) }
                }));
            }
        }
    }
    for (number, member) in settings.members.iter().enumerate() {
        let Some(name) = document::string_at(text, &member.key) else { continue };
        if name == "hooks"
            || name == RULES_MEMBER
            || document::find_member(text, &settings.members, &name) != Some(number)
        {
            continue;
        }
        let mut strings = Vec::new();
        walk_strings(text, &member.value, &name, 0, &mut strings);
        let strings = strings.into_iter().filter(|(_, string)| names(string));
        found.extend(strings.map(|(place, command)| Mention { place, command }));
    }
    found
}

/// Every string of the value at `at`, with where it stands.
fn walk_strings(text: &str, at: &Span, place: &str, depth: usize, found: &mut Vec<(String, String)>) {
    if depth > MAX_DEPTH {
    } else if let Some(string) = document::string_at(text, at) {
        found.push((place.to_owned(), string.into_owned()));
    } else if let Some(members) = document::members_of(text, at) {
        for member in &members {
            let name = document::string_at(text, &member.key).unwrap_or_default();
            walk_strings(text, &member.value, &format!("{place}.{name}"), depth + 1, found);
        }
    } else if let Some(items) = document::items_of(text, at) {
        for item in &items {
            walk_strings(text, item, place, depth + 1, found);
        }
    }
}
