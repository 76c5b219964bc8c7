//! The dashboards' scripts in lines that run more than them: told of, and left to their owner.

use super::{document, edit_plan::ReplacedScript, ownership, parsed_settings::ParsedSettings, shell_command};

/// Every such hook; none in settings that make no sense. `writes_signals` as in [`Request`](super::Request).
#[must_use]
pub fn compound_scripts(text: &[u8], writes_signals: &dyn Fn(&str) -> bool) -> Vec<ReplacedScript> {
    let Ok(settings) = ParsedSettings::parse_settings(text) else { return Vec::new() };
    let mut found = Vec::new();
    for event in settings.events() {
        for group in &event.groups {
            for (item, _) in group.items().filter(|(_, hook)| hook.is_none()) {
                let Some(line) = command_line_at(settings.text, item) else { continue };
                // No shell's grammar: what is quoted may be cut, and is then no script's name.
                let parts = line.split([';', '|', '&', '(', ')', '\n']).filter_map(shell_command::parse_command);
                let runs = |command: &shell_command::ShellCommand| {
                    ownership::dashboard_script(command).is_some_and(writes_signals)
                };
                if parts.into_iter().any(|part| runs(&part)) {
                    found.push(ReplacedScript { event: event.name.clone(), command: line });
                }
            }
        }
    }
    found
}

/// Every hook that runs one of the dashboards' scripts alone, by its name, where `is_it` says so of its path.
#[must_use]
pub fn find_scripts(text: &[u8], is_it: &dyn Fn(&str) -> bool) -> Vec<ReplacedScript> {
    let Ok(settings) = ParsedSettings::parse_settings(text) else { return Vec::new() };
    let hooks = settings.events().iter().flat_map(|event| event.hooks().map(move |(_, _, hook)| (event, hook)));
    let found = hooks.filter(|(_, hook)| ownership::dashboard_script(&hook.command).is_some_and(is_it));
    found.map(|(event, hook)| ReplacedScript { event: event.name.clone(), command: hook.display_text() }).collect()
}

/// The command line of the hook at `at`, if it has one.
fn command_line_at(text: &str, at: &document::Span) -> Option<String> {
    let members = document::members_of(text, at)?;
    let command = document::find_member(text, &members, "command")?;
    document::string_at(text, &members[command].value).map(Into::into)
}
