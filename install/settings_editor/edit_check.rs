//! The proof that an edit leaves alone what is not ours, made from the two texts before anything is written.

use std::collections::HashMap;

use super::{
    document,
    edit_plan::{EditPlan, HookOwner, InstallRequest, Registration},
    edit_refusal::EditRefusal,
    kept_entries,
    ownership::{self, SettingsHook},
    parsed_settings::{EventSection, HooksSection, ParsedSettings},
    settings_edit::is_plain_group,
};

/// Proves that the plan's `after` is valid, holds every one of `registrations`, none of the scripts replaced, and
/// apart from these the very same texts in the same order as `before`: keys and values are compared as they are
/// spelled, duplicates included. Only white space between members, and events and groups without a single hook,
/// may differ; an empty container whose key is there twice may not, since it hides the other one from the CLI.
pub fn check_edit(plan: &EditPlan, request: &InstallRequest) -> Result<(), EditRefusal> {
    let fail = |why: &str| EditRefusal::Unproven(why.to_owned());
    let before = ParsedSettings::parse_settings(&plan.before)?;
    let after = ParsedSettings::parse_settings(&plan.after).map_err(|refusal| fail(&refusal.to_string()))?;
    let executable = |hook: &SettingsHook| ownership::owned_executable(&hook.command, request.owned);
    let is_ours = |hook: &SettingsHook| executable(hook).is_some() && !request.is_kept(hook);
    let is_replaced = |event: &EventSection, hook: &SettingsHook| {
        plan.replaced_scripts.iter().any(|script| script.event == event.name && script.command == hook.display_text())
    };
    let skip = |event: &EventSection, hook: &SettingsHook| is_ours(hook) || is_replaced(event, hook);
    if foreign_parts(&before, &skip) != foreign_parts(&after, &skip) {
        return Err(fail("it changes something that is not ours"));
    }
    if after.events().iter().any(|event| event.hooks().any(|(_, _, hook)| is_replaced(event, hook))) {
        return Err(fail("a script stays registered"));
    }
    let count = |wanted: &dyn Fn(&EventSection, &SettingsHook) -> bool| {
        after
            .events()
            .iter()
            .flat_map(|event| event.hooks().map(move |found| (event, found.2)))
            .filter(|(event, hook)| wanted(event, hook))
            .count()
    };
    let is_for = |registration: &Registration, event: &EventSection, hook: &SettingsHook| {
        let wanted = kept_entries::wanted_command(registration);
        let is_there = hook.command.program == wanted.program
            || request.owner_of(hook) == HookOwner::Here
                && executable(hook) == ownership::owned_executable(&wanted, request.owned);
        let same = is_there && hook.command.args.starts_with(&wanted.args);
        event.name == registration.event && same
    };
    let is_by_hand = |registration: &Registration| {
        let wanted = kept_entries::wanted_command(registration);
        let wanted = ownership::owned_executable(&wanted, request.owned);
        plan.by_hand.iter().any(|line| line.event == registration.event && Some(&*line.executable) == wanted)
    };
    for registration in request.registrations.iter().filter(|registration| !is_by_hand(registration)) {
        let is_it = |event: &EventSection, hook: &SettingsHook| is_ours(hook) && is_for(registration, event, hook);
        if count(&is_it) == 0 {
            return Err(fail(&format!("{} is not registered", registration.event)));
        }
    }
    let is_wanted = |event: &EventSection, hook: &SettingsHook| {
        request.registrations.iter().any(|registration| is_for(registration, event, hook))
    };
    if count(&|event, hook| is_ours(hook) && !is_wanted(event, hook)) > 0 {
        return Err(fail("an entry of ours that is not wanted stays"));
    }
    Ok(())
}

/// Everything but white space and the hooks to `skip`, piece by piece.
fn foreign_parts<'a>(
    settings: &ParsedSettings<'a>,
    skip: &dyn Fn(&EventSection, &SettingsHook) -> bool,
) -> Vec<&'a str> {
    let text = settings.text;
    let mut pieces = Vec::new();
    for (number, member) in settings.members.iter().enumerate() {
        match settings.hooks.as_ref().filter(|hooks| hooks.member == number) {
            Some(hooks) => {
                let inner = foreign_of_section(text, hooks, skip);
                let hides = settings
                    .members
                    .iter()
                    .filter(|other| document::string_at(text, &other.key).as_deref() == Some("hooks"))
                    .count()
                    > 1;
                if hides || !inner.is_empty() {
                    pieces.extend(["the hooks", &text[member.key.clone()]]);
                    pieces.extend(inner);
                    pieces.push("end of the hooks");
                }
            }
            None => pieces.extend(["a setting", &text[member.key.clone()], &text[member.value.clone()]]),
        }
    }
    pieces
}

fn foreign_of_section<'a>(
    text: &'a str,
    hooks: &HooksSection,
    skip: &dyn Fn(&EventSection, &SettingsHook) -> bool,
) -> Vec<&'a str> {
    let mut spellings = HashMap::new();
    for member in &hooks.members {
        *spellings.entry(document::string_at(text, &member.key)).or_insert(0) += 1;
    }
    let mut events = hooks.events.iter().peekable();
    let mut pieces = Vec::new();
    for (number, member) in hooks.members.iter().enumerate() {
        match events.next_if(|event| event.member == number) {
            Some(event) => {
                let inner = foreign_of_groups(text, event, skip);
                if !inner.is_empty() || spellings[&document::string_at(text, &member.key)] > 1 {
                    pieces.extend(["an event", &text[member.key.clone()]]);
                    pieces.extend(inner);
                    pieces.push("end of the event");
                }
            }
            None => pieces.extend(["no event", &text[member.key.clone()], &text[member.value.clone()]]),
        }
    }
    pieces
}

fn foreign_of_groups<'a>(
    text: &'a str,
    event: &EventSection,
    skip: &dyn Fn(&EventSection, &SettingsHook) -> bool,
) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    for (group, at) in event.groups.iter().zip(&event.items) {
        let Some((list, items)) = &group.list else {
            pieces.extend(["no group", &text[at.clone()]]);
            continue;
        };
        let skipped = |hook: Option<&SettingsHook>| hook.is_some_and(|hook| skip(event, hook));
        let is_emptied = !items.is_empty() && group.items().all(|(_, hook)| skipped(hook));
        if is_emptied && is_plain_group(text, group) {
            continue;
        }
        pieces.push("a group");
        for member in &group.members {
            if member.value == *list {
                let kept = group.items().filter(|(_, hook)| !skipped(*hook));
                pieces.extend(["its hooks", &text[member.key.clone()]]);
                pieces.extend(kept.map(|(item, _)| &text[item.clone()]));
            } else {
                pieces.extend(["a member", &text[member.key.clone()], &text[member.value.clone()]]);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests;
