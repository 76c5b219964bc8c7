//! Plans an installation: which splices register our hooks in the settings.

use super::{
    edit_check,
    edit_plan::{ChangeKind, EditPlan, HookChange},
    edit_refusal::EditRefusal,
    event_decisions::{EventContext, EventDecisions},
    install_request::InstallRequest,
    json_value::Layout,
    parsed_settings::ParsedSettings,
    registration::Registration,
    settings_edit::SettingsEdit,
    splice::Splice,
    text_style::TextStyle,
};

/// Plans to register the hooks of `request` in the settings `text`.
///
/// - A registration without an entry becomes a group of its own at the end of its event.
/// - An entry that is there stays where it is. A command of an earlier version, its `args` and a missing `timeout` are
///   corrected. A timeout, a matcher, other members, and assignments or redirections around the right path stay as the
///   user has them.
/// - If there are several entries for the same event and matcher, one stays: the first that the user has edited, or
///   else the first. If an entry is for every matcher, entries for single matchers are removed. If there are only
///   entries for different matchers, all of them stay.
/// - Our entries that are not in the request are removed.
/// - A line that the user wrote and that starts the right executable, through another program or among other commands,
///   counts as an entry and stays as it is.
///
/// An empty file becomes a whole document that ends in a new line. Example: `{"model":"opus"}` becomes
/// `{"model":"opus","hooks":{"Stop":[{"hooks":[{"type":"command","command":"/…/hook-stop","args":[],"timeout":10}]}]}}`.
///
/// # Errors
/// Those of [`ParsedSettings::parse`] and [`ParsedSettings::check_event`] if the text is not what the CLI accepts.
/// [`EditRefusal::CheckFailed`] if the finished plan does not pass [`edit_check::check_edit`].
pub fn plan_install(text: &[u8], request: &InstallRequest) -> Result<EditPlan, EditRefusal> {
    let settings = ParsedSettings::parse(text)?;
    for registration in request.registrations {
        settings.check_event(registration.event)?;
    }
    let style = TextStyle::detect(settings.text, settings.root.as_ref());
    let mut decisions = EventDecisions::default();
    let mut matched = vec![None; request.registrations.len()];
    for (number, event) in settings.events().iter().enumerate() {
        let context = EventContext { text: settings.text, number, event, request, style: &style };
        decisions.decide_event(&context, &mut matched);
    }
    let EventDecisions { mut edit, removals, replaced_scripts, of_others, by_hand } = decisions;
    let mut registered = Vec::new();
    for (registration, what) in request.registrations.iter().zip(matched) {
        registered.push(HookChange {
            event: registration.event.to_owned(),
            command: registration.display_text(),
            what: what.unwrap_or(ChangeKind::Added),
        });
        if what.is_none() {
            edit.added.push((registration.event, registration.to_group()));
        }
    }
    registered.extend(removals);
    let splices = if settings.root.is_some() {
        edit.into_splices(&settings, &style)
    } else {
        vec![fill_empty_file(settings.text, &edit, &style)]
    };
    let plan = EditPlan {
        registered,
        replaced_scripts,
        of_others,
        by_hand,
        ..EditPlan::from_splices(settings.text, splices)?
    };
    edit_check::check_edit(&plan, request)?;
    Ok(plan)
}

/// Returns the text of settings that hold nothing but `registrations`. The installer prints it for users who edit their
/// settings themselves.
#[must_use]
pub fn settings_snippet(registrations: &[Registration]) -> String {
    let mut edit = SettingsEdit::default();
    edit.added.extend(registrations.iter().map(|registration| (registration.event, registration.to_group())));
    fill_empty_file("", &edit, &TextStyle::detect("", None)).put
}

/// Returns the splice that puts a whole document into an empty file, before any white space that is there.
fn fill_empty_file(text: &str, edit: &SettingsEdit, style: &TextStyle) -> Splice {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let end = if text.len() == start { style.newline } else { "" };
    let json = edit.whole_document().to_text(style, Layout::Indented(""));
    Splice { at: start, taken: String::new(), put: json + end }
}
