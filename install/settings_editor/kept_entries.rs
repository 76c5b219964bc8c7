//! Our entries that are there already: which of them stay, and what an earlier version's lacks.

use super::{
    container::{NewChild, rewrite_container},
    document::{self, Span},
    edit_plan::{HookOwner, Registration},
    json_value::{self, JsonValue, RenderPosition},
    ownership::SettingsHook,
    parsed_settings::{EventSection, HookGroup},
    settings_edit,
    shell_command::{self, ShellCommand},
    splice::Splice,
    text_style::TextStyle,
};

/// Where one of our hooks stands: group, item, and the hook.
pub type LocatedHook<'a> = (usize, usize, &'a SettingsHook);

/// Which of the `candidates`, all for the same registration, stay: one for every matcher, or else one for each.
pub fn kept_entries(
    text: &str,
    event: &EventSection,
    candidates: &[LocatedHook],
    registration: &Registration,
) -> Vec<(usize, usize)> {
    let mut kept: Vec<(Option<String>, LocatedHook, bool)> = Vec::new();
    for &(group, item, hook) in candidates {
        let matcher = group_matcher(text, &event.groups[group]);
        let edited = is_edited(text, hook, registration);
        match kept.iter_mut().find(|(other, ..)| *other == matcher) {
            Some((_, first, first_edited)) => {
                if edited && !*first_edited {
                    (*first, *first_edited) = ((group, item, hook), true);
                }
            }
            None => kept.push((matcher, (group, item, hook), edited)),
        }
    }
    if kept.iter().any(|(matcher, ..)| matcher.is_none()) {
        kept.retain(|(matcher, ..)| matcher.is_none());
    }
    kept.into_iter().map(|(_, (group, item, _), _)| (group, item)).collect()
}

/// A group's matcher; `None` where it lets everything through.
pub fn group_matcher(text: &str, group: &HookGroup) -> Option<String> {
    let member = document::find_member(text, &group.members, "matcher")?;
    let at = &group.members[member].value;
    match document::string_at(text, at) {
        Some(matcher) => Some(matcher.into_owned()).filter(|matcher| !matcher.is_empty() && matcher != "*"),
        None => Some(text[at.clone()].to_owned()).filter(|raw| raw != "null"),
    }
}

/// Whether the hook carries anything that we would not have written.
fn is_edited(text: &str, hook: &SettingsHook, registration: &Registration) -> bool {
    hook.members.iter().any(|member| match document::string_at(text, &member.key).as_deref() {
        Some("type" | "command" | "args") => false,
        Some("timeout") => text[member.value.clone()] != registration.timeout.to_string(),
        _ => true,
    })
}

/// The splices that make the hook at `at`, whose program is of the installation `whose`, as wanted.
pub fn update_entry(
    text: &str,
    at: &Span,
    (hook, whose): (&SettingsHook, HookOwner),
    registration: &Registration,
    style: &TextStyle,
) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut removed = None;
    let mut added = Vec::new();
    let mut replace = |at: &Span, put: String| {
        splices.push(Splice { at: at.start, taken: text[at.clone()].to_owned(), put });
    };
    let find = |name| document::find_member(text, &hook.members, name);
    // The user's own way of starting the wanted executable stays: with more around it, or by another name of its path.
    let wanted = wanted_command(registration);
    let is_it = whose == HookOwner::Here || hook.command.program == wanted.program;
    let is_literal = hook.command.program.starts_with('/');
    let is_own_way = is_it && (hook.command.decorated || !is_literal || hook.command.args != wanted.args);
    if !is_own_way {
        if let Some(command) = find("command").filter(|_| hook.line != registration.command) {
            replace(&hook.members[command].value, json_value::quoted_text(&registration.command));
        }
        match (registration.args, find("args")) {
            (Some(args), None) => added.push(NewChild { key: Some("args"), value: json_value::text_array(args) }),
            (Some(args), Some(found)) if !hook.exec || hook.command.args != wanted.args => {
                replace(&hook.members[found].value, json_value::text_array(args).to_text(style, RenderPosition::Line));
            }
            (None, Some(args)) => removed = Some(args),
            _ => {}
        }
    }
    if find("timeout").is_none() {
        // Without one, the CLI gives SessionEnd hooks 1.5 seconds.
        added.push(NewChild { key: Some("timeout"), value: JsonValue::Number(registration.timeout) });
    }
    let spans = settings_edit::member_spans(&hook.members);
    splices.extend(rewrite_container(text, at, &spans, &|member| Some(member) == removed, &added, style));
    splices
}

/// What the registration starts, taken apart.
pub fn wanted_command(registration: &Registration) -> ShellCommand {
    let parsed = shell_command::parse_command(&registration.command).filter(|_| registration.args.is_none());
    parsed.unwrap_or_else(|| ShellCommand {
        program: registration.command.clone(),
        args: registration.args.iter().copied().flatten().map(ToString::to_string).collect(),
        decorated: false,
    })
}

/// The registration as a person would type it.
pub fn registration_text(registration: &Registration) -> String {
    let args = registration.args.iter().copied().flatten();
    args.fold(registration.command.clone(), |shown, arg| shown + " " + arg)
}
