//! Lists the parts of the settings that an edit may not change.

use std::collections::HashMap;

use super::{
    document,
    parsed_settings::{EventSection, HooksSection, ParsedSettings},
    settings_hook::SettingsHook,
};

/// Returns whether a hook of an event may change.
pub type MayChange<'a> = &'a dyn Fn(&EventSection, &SettingsHook) -> bool;

/// Lists everything but white space and the hooks that may change, in the order of the file. Keys and values are listed
/// as they are spelled, and a short label before them says what they are.
///
/// An event or a group is left out if nothing is left in it. It is listed all the same if its key is written twice,
/// since without it the CLI would read the other one, and if it is a group to which the user has added members.
///
/// Example: `{"a": 1.0, "hooks": {"Stop": [{"hooks": [OURS]}]}}` gives `["a setting", "\"a\"", "1.0"]`.
pub fn foreign_parts<'a>(settings: &ParsedSettings<'a>, may_change: MayChange) -> Vec<&'a str> {
    let text = settings.text;
    let mut parts = Vec::new();
    for (number, member) in settings.members.iter().enumerate() {
        match settings.hooks.as_ref().filter(|hooks| hooks.member == number) {
            Some(hooks) => {
                let inner = parts_of_section(text, hooks, may_change);
                let is_hooks = |key| document::read_string(text, key).as_deref() == Some("hooks");
                let is_twice = settings.members.iter().filter(|other| is_hooks(&other.key)).count() > 1;
                if is_twice || !inner.is_empty() {
                    parts.extend(["the hooks", &text[member.key.clone()]]);
                    parts.extend(inner);
                    parts.push("end of the hooks");
                }
            }
            None => parts.extend(["a setting", &text[member.key.clone()], &text[member.value.clone()]]),
        }
    }
    parts
}

fn parts_of_section<'a>(text: &'a str, hooks: &HooksSection, may_change: MayChange) -> Vec<&'a str> {
    let mut key_counts = HashMap::new();
    for member in &hooks.members {
        *key_counts.entry(document::read_string(text, &member.key)).or_insert(0) += 1;
    }
    let mut events = hooks.events.iter().peekable();
    let mut parts = Vec::new();
    for (number, member) in hooks.members.iter().enumerate() {
        match events.next_if(|event| event.member == number) {
            Some(event) => {
                let inner = parts_of_event(text, event, may_change);
                if !inner.is_empty() || key_counts[&document::read_string(text, &member.key)] > 1 {
                    parts.extend(["an event", &text[member.key.clone()]]);
                    parts.extend(inner);
                    parts.push("end of the event");
                }
            }
            None => parts.extend(["no event", &text[member.key.clone()], &text[member.value.clone()]]),
        }
    }
    parts
}

fn parts_of_event<'a>(text: &'a str, event: &EventSection, may_change: MayChange) -> Vec<&'a str> {
    let mut parts = Vec::new();
    for (group, at) in event.groups.iter().zip(&event.items) {
        let Some((list, items)) = &group.list else {
            parts.extend(["no group", &text[at.clone()]]);
            continue;
        };
        let is_left_out = |hook: Option<&SettingsHook>| hook.is_some_and(|hook| may_change(event, hook));
        let is_emptied = !items.is_empty() && group.items().all(|(_, hook)| is_left_out(hook));
        if is_emptied && group.is_plain(text) {
            continue;
        }
        parts.push("a group");
        for member in &group.members {
            if member.value == *list {
                let listed = group.items().filter(|(_, hook)| !is_left_out(*hook));
                parts.extend(["its hooks", &text[member.key.clone()]]);
                parts.extend(listed.map(|(item, _)| &text[item.clone()]));
            } else {
                parts.extend(["a member", &text[member.key.clone()], &text[member.value.clone()]]);
            }
        }
    }
    parts
}
