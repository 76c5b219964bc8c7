//! `hooks uninstall --dry-run`: what would be changed and deleted.

use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_file::SettingsFile;
use crate::uninstall_plan::plan_uninstall;
use crate::{diff, executables, phrases, plugin, receipt, remaining_uses, service, settings_transaction, user_files};

/// Reports the change of the settings, and names all that would be deleted. Changes nothing.
///
/// # Errors
/// If an uninstallation would be refused.
pub fn show_removal(env: &Environment, scope: Scope, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    let receipt = receipt::load_receipt(env, &path);
    let before = SettingsFile::read_settled(&path)?;
    let mut after = before.bytes().to_vec();
    report.diff = Some(String::new());
    if before.seen.is_some() {
        let plan = plan_uninstall(env, scope, &after, receipt.as_ref()).map_err(Refusal::in_file(&path))?;
        if plan.is_change() {
            settings_transaction::refuse_change(env, &before)?;
        }
        report.diff = Some(diff::unified_diff(&path, &plan));
        report.add_plan(&plan);
        after = plan.after;
    }
    let planned = Some((&*before.real, &*after));
    let mentioned = remaining_uses::scopes_with_mentions(env, planned);
    let notes = remaining_uses::remaining_notes(env, scope, report, &after, &mentioned);
    report.warnings.extend(notes);
    if remaining_uses::is_in_use(env, &path, planned) {
        report.warnings.extend(remaining_uses::kept_parts(env));
    } else {
        report
            .warnings
            .extend(service::is_installed(env).then(|| service::plan_service(env, Some(false))).transpose()?.flatten());
        report.warnings.extend(plugin::plan_plugin(env, Some(false)));
        report.warnings.extend(user_files::plan_removal(env));
        report.warnings.extend(mentioned.is_empty().then(|| plan_executables(env)).flatten());
    }
    let is_created = receipt.is_some_and(|receipt| receipt.created);
    if is_created && !before.bytes().is_empty() && after.is_empty() {
        let file = env.short_path(&path);
        report
            .warnings
            .push(format!("{file} would be removed, because an installation made it and nothing else is in it"));
    }
    Ok(())
}

/// Names the executables that would be removed.
fn plan_executables(env: &Environment) -> Option<String> {
    let names = phrases::list_all(executables::installed_names(env));
    let folder = env.short_path(&env.executables_dir());
    (!names.is_empty()).then(|| format!("the executables in {folder} would be removed: {names}"))
}
