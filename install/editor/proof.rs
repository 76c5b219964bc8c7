//! The proof that an edit leaves alone what is not ours, made from the two texts before anything is written.

use std::collections::HashMap;

use super::{
    document,
    edit::is_plain,
    entry,
    owned::{self, Hook},
    plan::{Plan, Registration, Request, Whose},
    refusal::Refusal,
    settings::{Event, Section, Settings},
};

/// Proves that the plan's `after` is valid, holds every one of `registrations`, none of the scripts replaced, and
/// apart from these the very same texts in the same order as `before`: keys and values are compared as they are
/// spelled, duplicates included. Only white space between members, and events and groups without a single hook,
/// may differ; an empty container whose key is there twice may not, since it hides the other one from the CLI.
pub fn prove(plan: &Plan, request: &Request) -> Result<(), Refusal> {
    let fail = |why: &str| Refusal::Unproven(why.to_owned());
    let before = Settings::read(&plan.before)?;
    let after = Settings::read(&plan.after).map_err(|refusal| fail(&refusal.to_string()))?;
    let executable = |hook: &Hook| owned::executable(&hook.command, request.owned);
    let is_ours = |hook: &Hook| executable(hook).is_some() && !request.is_kept(hook);
    let is_replaced = |event: &Event, hook: &Hook| {
        plan.replaced_scripts.iter().any(|script| script.event == event.name && script.command == hook.shown())
    };
    let skip = |event: &Event, hook: &Hook| is_ours(hook) || is_replaced(event, hook);
    if foreign(&before, &skip) != foreign(&after, &skip) {
        return Err(fail("it changes something that is not ours"));
    }
    if after.events().iter().any(|event| event.hooks().any(|(_, _, hook)| is_replaced(event, hook))) {
        return Err(fail("a script stays registered"));
    }
    let count = |wanted: &dyn Fn(&Event, &Hook) -> bool| {
        after
            .events()
            .iter()
            .flat_map(|event| event.hooks().map(move |found| (event, found.2)))
            .filter(|(event, hook)| wanted(event, hook))
            .count()
    };
    let is_for = |registration: &Registration, event: &Event, hook: &Hook| {
        let wanted = entry::wanted(registration);
        let is_there = hook.command.program == wanted.program
            || request.place(hook) == Whose::Here && executable(hook) == owned::executable(&wanted, request.owned);
        let same = is_there && hook.command.args.starts_with(&wanted.args);
        event.name == registration.event && same
    };
    let is_by_hand = |registration: &Registration| {
        let wanted = entry::wanted(registration);
        let wanted = owned::executable(&wanted, request.owned);
        plan.by_hand.iter().any(|line| line.event == registration.event && Some(&*line.executable) == wanted)
    };
    for registration in request.registrations.iter().filter(|registration| !is_by_hand(registration)) {
        let is_it = |event: &Event, hook: &Hook| is_ours(hook) && is_for(registration, event, hook);
        if count(&is_it) == 0 {
            return Err(fail(&format!("{} is not registered", registration.event)));
        }
    }
    let is_wanted =
        |event: &Event, hook: &Hook| request.registrations.iter().any(|registration| is_for(registration, event, hook));
    if count(&|event, hook| is_ours(hook) && !is_wanted(event, hook)) > 0 {
        return Err(fail("an entry of ours that is not wanted stays"));
    }
    Ok(())
}

/// Everything but white space and the hooks to `skip`, piece by piece.
fn foreign<'a>(settings: &Settings<'a>, skip: &dyn Fn(&Event, &Hook) -> bool) -> Vec<&'a str> {
    let text = settings.text;
    let mut pieces = Vec::new();
    for (number, member) in settings.members.iter().enumerate() {
        match settings.hooks.as_ref().filter(|hooks| hooks.member == number) {
            Some(hooks) => {
                let inner = section(text, hooks, skip);
                let hides = settings
                    .members
                    .iter()
                    .filter(|other| document::string(text, &other.key).as_deref() == Some("hooks"))
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

fn section<'a>(text: &'a str, hooks: &Section, skip: &dyn Fn(&Event, &Hook) -> bool) -> Vec<&'a str> {
    let mut spellings = HashMap::new();
    for member in &hooks.members {
        *spellings.entry(document::string(text, &member.key)).or_insert(0) += 1;
    }
    let mut events = hooks.events.iter().peekable();
    let mut pieces = Vec::new();
    for (number, member) in hooks.members.iter().enumerate() {
        match events.next_if(|event| event.member == number) {
            Some(event) => {
                let inner = groups(text, event, skip);
                if !inner.is_empty() || spellings[&document::string(text, &member.key)] > 1 {
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

fn groups<'a>(text: &'a str, event: &Event, skip: &dyn Fn(&Event, &Hook) -> bool) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    for (group, at) in event.groups.iter().zip(&event.items) {
        let Some((list, items)) = &group.list else {
            pieces.extend(["no group", &text[at.clone()]]);
            continue;
        };
        let skipped = |hook: Option<&Hook>| hook.is_some_and(|hook| skip(event, hook));
        let is_emptied = !items.is_empty() && group.items().all(|(_, hook)| skipped(hook));
        if is_emptied && is_plain(text, group) {
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
