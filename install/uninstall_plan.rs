//! What `hooks uninstall` changes in a settings file.

use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::receipt::{self, InstallReceipt};
use crate::settings_editor::{self, EditPlan, EditRefusal};
use crate::settings_file::SettingsFile;
use crate::supported_events;

/// Plans the removal of our entries. If the settings are as install left them, the plan restores the content from before the
/// installation; else it removes our entries and nothing more.
///
/// # Errors
/// If the settings editor refuses the settings.
pub fn plan_uninstall(
    env: &Environment,
    scope: Scope,
    text: &[u8],
    receipt: Option<&InstallReceipt>,
) -> Result<EditPlan, EditRefusal> {
    let owned = supported_events::owned_names();
    let find_owner = |path: &str, by_shell| env.hook_owner(scope, path, by_shell);
    match receipt.and_then(|receipt| settings_editor::undo_edit(text, &receipt.edit, &owned, &find_owner)) {
        Some(plan) => Ok(plan),
        None => settings_editor::plan_uninstall(text, &owned, &find_owner),
    }
}

/// Returns whether uninstall would turn the settings into these bytes. A run that was killed may have left them in a temporary
/// file.
#[must_use]
pub fn would_make(env: &Environment, settings: &SettingsFile, bytes: &[u8]) -> bool {
    let receipt = receipt::load_receipt(env, &settings.path);
    let scope = SCOPES.into_iter().find(|scope| env.settings_path(*scope) == settings.path);
    let of_another_project = if settings.path.ends_with("settings.local.json") { Scope::Local } else { Scope::Project };
    let scope = scope.unwrap_or(of_another_project);
    plan_uninstall(env, scope, settings.bytes(), receipt.as_ref()).is_ok_and(|plan| plan.after == bytes)
}
