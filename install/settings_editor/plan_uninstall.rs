//! Plans an uninstallation without a receipt: which splices remove our entries from the settings.

use super::{
    edit_check,
    edit_plan::{ChangeKind, EditPlan, HookChange},
    edit_refusal::EditRefusal,
    install_request::{HookOwner, InstallRequest},
    parsed_settings::{LocatedHook, ParsedSettings},
    settings_edit::{HookPosition, SettingsEdit},
    text_style::TextStyle,
};

/// Plans to remove every entry of ours from the settings `text`. The entries of other homes stay; `owner_of_path` is
/// asked as in [`InstallRequest`].
///
/// A group, an event and `hooks` are removed together with the last hook in them, whoever made them. To the CLI an
/// empty one means the same as a missing one, and without a receipt nobody knows who made it. What was empty before
/// stays.
///
/// # Errors
/// Those of [`ParsedSettings::parse`]: the text is not strict JSON, or the settings or their `hooks` are not an object.
/// [`EditRefusal::CheckFailed`] if the finished plan does not pass [`edit_check::check_edit`].
pub fn plan_uninstall(
    text: &[u8],
    owned: &[&str],
    owner_of_path: &dyn Fn(&str, bool) -> HookOwner,
) -> Result<EditPlan, EditRefusal> {
    let request = InstallRequest {
        registrations: &[],
        owned,
        owner_of_path,
        keep_others: true,
        keep_scripts: true,
        writes_signals: &|_| false,
    };
    let settings = ParsedSettings::parse(text)?;
    let mut edit = SettingsEdit::default();
    let mut registered = Vec::new();
    for (number, event) in settings.events().iter().enumerate() {
        for LocatedHook { group, item, hook } in event.hooks() {
            if request.executable_of(hook).is_some() && !request.leaves_to_other_home(hook) {
                edit.removed.insert(HookPosition { event: number, group, item });
                registered.push(HookChange {
                    event: event.name.clone(),
                    command: hook.display_text(),
                    what: ChangeKind::Removed,
                });
            }
        }
    }
    let splices = edit.into_splices(&settings, &TextStyle::detect(settings.text, settings.root.as_ref()));
    let plan = EditPlan { registered, ..EditPlan::from_splices(settings.text, splices)? };
    edit_check::check_edit(&plan, &request)?;
    Ok(plan)
}
