//! Our entries that are there already: which of them stay, and what an earlier version's lacks.

use super::{
    command::{self, Command},
    container::{Child, rewrite},
    document::{self, Span},
    edit,
    owned::Hook,
    plan::{Registration, Whose},
    render::{self, Json, Place},
    settings::{Event, Group},
    splice::Splice,
    style::Style,
};

/// Where one of our hooks stands: group, item, and the hook.
pub type Found<'a> = (usize, usize, &'a Hook);

/// Which of the `candidates`, all for the same registration, stay: one for every matcher, or else one for each.
pub fn survivors(text: &str, event: &Event, candidates: &[Found], registration: &Registration) -> Vec<(usize, usize)> {
    let mut kept: Vec<(Option<String>, Found, bool)> = Vec::new();
    for &(group, item, hook) in candidates {
        let matcher = matcher(text, &event.groups[group]);
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
pub fn matcher(text: &str, group: &Group) -> Option<String> {
    let member = document::find(text, &group.members, "matcher")?;
    let at = &group.members[member].value;
    match document::string(text, at) {
        Some(matcher) => Some(matcher.into_owned()).filter(|matcher| !matcher.is_empty() && matcher != "*"),
        None => Some(text[at.clone()].to_owned()).filter(|raw| raw != "null"),
    }
}

/// Whether the hook carries anything that we would not have written.
fn is_edited(text: &str, hook: &Hook, registration: &Registration) -> bool {
    hook.members.iter().any(|member| match document::string(text, &member.key).as_deref() {
        Some("type" | "command" | "args") => false,
        Some("timeout") => text[member.value.clone()] != registration.timeout.to_string(),
        _ => true,
    })
}

/// The splices that make the hook at `at`, whose program is of the installation `whose`, as wanted.
pub fn update(
    text: &str,
    at: &Span,
    (hook, whose): (&Hook, Whose),
    registration: &Registration,
    style: &Style,
) -> Vec<Splice> {
    let mut splices = Vec::new();
    let mut removed = None;
    let mut added = Vec::new();
    let mut replace = |at: &Span, put: String| {
        splices.push(Splice { at: at.start, taken: text[at.clone()].to_owned(), put });
    };
    let find = |name| document::find(text, &hook.members, name);
    // The user's own way of starting the wanted executable stays: with more around it, or by another name of its path.
    let wanted = wanted(registration);
    let is_it = whose == Whose::Here || hook.command.program == wanted.program;
    let is_literal = hook.command.program.starts_with('/');
    let is_own_way = is_it && (hook.command.decorated || !is_literal || hook.command.args != wanted.args);
    if !is_own_way {
        if let Some(command) = find("command").filter(|_| hook.line != registration.command) {
            replace(&hook.members[command].value, render::text(&registration.command));
        }
        match (registration.args, find("args")) {
            (Some(args), None) => added.push(Child { key: Some("args"), value: render::texts(args) }),
            (Some(args), Some(found)) if !hook.exec || hook.command.args != wanted.args => {
                replace(&hook.members[found].value, render::texts(args).render(style, Place::Line));
            }
            (None, Some(args)) => removed = Some(args),
            _ => {}
        }
    }
    if find("timeout").is_none() {
        // Without one, the CLI gives SessionEnd hooks 1.5 seconds.
        added.push(Child { key: Some("timeout"), value: Json::Number(registration.timeout) });
    }
    let spans = edit::spans(&hook.members);
    splices.extend(rewrite(text, at, &spans, &|member| Some(member) == removed, &added, style));
    splices
}

/// What the registration starts, taken apart.
pub fn wanted(registration: &Registration) -> Command {
    let parsed = command::parse(&registration.command).filter(|_| registration.args.is_none());
    parsed.unwrap_or_else(|| Command {
        program: registration.command.clone(),
        args: registration.args.iter().copied().flatten().map(ToString::to_string).collect(),
        decorated: false,
    })
}

/// The registration as a person would type it.
pub fn shown(registration: &Registration) -> String {
    let args = registration.args.iter().copied().flatten();
    args.fold(registration.command.clone(), |shown, arg| shown + " " + arg)
}
