//! Our entries that are in the settings already: which of them stay, and what is changed in those that stay.

use super::{
    container::{NewChild, rewrite_container},
    document::{self, Span},
    install_request::HookOwner,
    json_value::{self, JsonValue, Layout},
    parsed_settings::{EventSection, LocatedHook},
    registration::Registration,
    settings_hook::SettingsHook,
    splice::Splice,
    text_style::TextStyle,
};

/// An entry that stays, for its matcher.
struct Staying<'a> {
    matcher: Option<String>,
    entry: LocatedHook<'a>,
    is_edited: bool,
}

/// Chooses which of `candidates` stay. All of them are for the same registration.
///
/// If an entry is for every matcher, one such entry stays and no other. Else one entry stays for each matcher. Among
/// entries for the same matcher, the first that the user has edited stays, or else the first.
pub fn choose_entries<'a>(
    text: &str,
    event: &EventSection,
    candidates: &[LocatedHook<'a>],
    registration: &Registration,
) -> Vec<LocatedHook<'a>> {
    let mut staying: Vec<Staying> = Vec::new();
    for &entry in candidates {
        let matcher = event.groups[entry.group].matcher(text);
        let is_edited = is_edited(text, entry.hook, registration);
        match staying.iter_mut().find(|other| other.matcher == matcher) {
            Some(first) => {
                if is_edited && !first.is_edited {
                    (first.entry, first.is_edited) = (entry, true);
                }
            }
            None => staying.push(Staying { matcher, entry, is_edited }),
        }
    }
    if staying.iter().any(|entry| entry.matcher.is_none()) {
        staying.retain(|entry| entry.matcher.is_none());
    }
    staying.into_iter().map(|staying| staying.entry).collect()
}

/// Returns whether the hook has a member that we would not have written.
fn is_edited(text: &str, hook: &SettingsHook, registration: &Registration) -> bool {
    hook.members.iter().any(|member| match document::read_string(text, &member.key).as_deref() {
        Some("type" | "command" | "args") => false,
        Some("timeout") => text[member.value.clone()] != registration.timeout.to_string(),
        _ => true,
    })
}

/// Returns the splices that make a hook what `registration` asks for. `at` is the span of the hook, `owner` is whose
/// installation its program belongs to.
///
/// A command of an earlier version and its `args` are replaced, and a missing `timeout` is added. If the hook starts
/// the right executable in the user's own way, with more around it or with another spelling of its path, the command
/// stays. Everything else in the hook stays, too.
pub fn update_entry(
    text: &str,
    at: &Span,
    (hook, owner): (&SettingsHook, HookOwner),
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
    let registered = registration.parsed_command();
    let starts_right_program = owner == HookOwner::Here || hook.command.program == registered.program;
    let is_literal = hook.command.program.starts_with('/');
    let is_users_way =
        starts_right_program && (hook.command.decorated || !is_literal || hook.command.args != registered.args);
    if !is_users_way {
        if let Some(command) = find("command").filter(|_| hook.written.line != registration.command) {
            replace(&hook.members[command].value, json_value::quote(&registration.command));
        }
        match (registration.args, find("args")) {
            (Some(args), None) => added.push(NewChild { key: Some("args"), value: JsonValue::text_array(args) }),
            (Some(args), Some(found)) if !hook.is_exec() || hook.command.args != registered.args => {
                replace(&hook.members[found].value, JsonValue::text_array(args).to_text(style, Layout::OneLine));
            }
            (None, Some(args)) => removed = Some(args),
            _ => {}
        }
    }
    if find("timeout").is_none() {
        // Without a timeout, the CLI ends the hooks of SessionEnd after 1.5 s.
        added.push(NewChild { key: Some("timeout"), value: JsonValue::Number(registration.timeout) });
    }
    let spans = document::whole_spans(&hook.members);
    splices.extend(rewrite_container(text, at, &spans, &|member| Some(member) == removed, &added, style));
    splices
}
