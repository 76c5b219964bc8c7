//! Deciding what an uninstallation changes, and listing what is ours.

use super::{
    edit_check,
    edit_plan::{ChangeKind, EditPlan, HookChange, HookOwner, InstallRequest},
    edit_refusal::EditRefusal,
    ownership,
    parsed_settings::ParsedSettings,
    settings_edit::SettingsEdit,
    text_style::TextStyle,
};

/// One hook of ours in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnEntry {
    /// The hook event.
    pub event: String,
    /// The command, as written.
    pub command: String,
    /// The executable's path in it, unquoted.
    pub path: String,
    /// Whether the CLI starts it without a shell.
    pub exec: bool,
    /// Its arguments, either way.
    pub args: Vec<String>,
}

/// Every hook of ours, in the file's order, duplicates included.
///
/// # Errors
///
/// The text is not strict JSON, or the settings or their `hooks` are not an object.
pub fn own_entries(text: &[u8], owned: &[&str]) -> Result<Vec<OwnEntry>, EditRefusal> {
    let settings = ParsedSettings::parse_settings(text)?;
    let mut entries = Vec::new();
    for event in settings.events() {
        for (_, _, hook) in event.hooks() {
            if ownership::owned_executable(&hook.command, owned).is_some() {
                entries.push(OwnEntry {
                    event: event.name.clone(),
                    command: hook.line.clone(),
                    path: hook.command.program.clone(),
                    exec: hook.exec,
                    args: hook.command.args.clone(),
                });
            }
        }
    }
    Ok(entries)
}

/// Plans the removal of every hook of ours from the settings `text`.
///
/// A group, an event and `hooks` go with the last hook in them, whoever made them: an empty one means to the CLI
/// what a missing one means, and without a receipt nobody knows. What was empty before stays, and so do the entries of
/// other homes: `place` as in [`Request`].
///
/// # Errors
///
/// As for [`entries`].
pub fn plan_uninstall(
    text: &[u8],
    owned: &[&str],
    place: &dyn Fn(&str, bool) -> HookOwner,
) -> Result<EditPlan, EditRefusal> {
    let nothing = |_: &str| false;
    let request = InstallRequest {
        registrations: &[],
        owned,
        place,
        keep_others: true,
        keep_scripts: true,
        writes_signals: &nothing,
    };
    let settings = ParsedSettings::parse_settings(text)?;
    let mut edit = SettingsEdit::default();
    let mut registered = Vec::new();
    for (number, event) in settings.events().iter().enumerate() {
        for (group, item, hook) in event.hooks() {
            if ownership::owned_executable(&hook.command, owned).is_some() && !request.is_kept(hook) {
                edit.remove.insert((number, group, item));
                registered.push(HookChange {
                    event: event.name.clone(),
                    command: hook.display_text(),
                    what: ChangeKind::Removed,
                });
            }
        }
    }
    let splices = edit.into_splices(&settings, &TextStyle::detect_style(settings.text, settings.root.as_ref()));
    let plan = EditPlan { registered, ..EditPlan::from_splices(settings.text, splices)? };
    edit_check::check_edit(&plan, &request)?;
    Ok(plan)
}
