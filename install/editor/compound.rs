//! The dashboards' scripts in lines that run more than them: told of, and left to their owner.

use super::{command, document, owned, plan::Replaced, settings::Settings};

/// Every such hook; none in settings that make no sense. `writes_signals` as in [`Request`](super::Request).
#[must_use]
pub fn compound_scripts(text: &[u8], writes_signals: &dyn Fn(&str) -> bool) -> Vec<Replaced> {
    let Ok(settings) = Settings::read(text) else { return Vec::new() };
    let mut found = Vec::new();
    for event in settings.events() {
        for group in &event.groups {
            for (item, _) in group.items().filter(|(_, hook)| hook.is_none()) {
                let Some(line) = line(settings.text, item) else { continue };
                // No shell's grammar: what is quoted may be cut, and is then no script's name.
                let parts = line.split([';', '|', '&', '(', ')', '\n']).filter_map(command::parse);
                let runs = |command: &command::Command| owned::script(command).is_some_and(writes_signals);
                if parts.into_iter().any(|part| runs(&part)) {
                    found.push(Replaced { event: event.name.clone(), command: line });
                }
            }
        }
    }
    found
}

/// Every hook that runs one of the dashboards' scripts alone, by its name, where `is_it` says so of its path.
#[must_use]
pub fn scripts(text: &[u8], is_it: &dyn Fn(&str) -> bool) -> Vec<Replaced> {
    let Ok(settings) = Settings::read(text) else { return Vec::new() };
    let hooks = settings.events().iter().flat_map(|event| event.hooks().map(move |(_, _, hook)| (event, hook)));
    let found = hooks.filter(|(_, hook)| owned::script(&hook.command).is_some_and(is_it));
    found.map(|(event, hook)| Replaced { event: event.name.clone(), command: hook.shown() }).collect()
}

/// The command line of the hook at `at`, if it has one.
fn line(text: &str, at: &document::Span) -> Option<String> {
    let members = document::members(text, at)?;
    let command = document::find(text, &members, "command")?;
    document::string(text, &members[command].value).map(Into::into)
}
