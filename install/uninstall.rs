//! `hooks uninstall`.

use crate::command_line::UninstallOptions;
use crate::environment::Environment;
use crate::receipt::{self, ReplacedScriptNote};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_editor;
use crate::settings_file::SettingsFile;
use crate::uninstall_plan::plan_uninstall;
use crate::{
    executables, file_owner, interrupted_runs, plugin, remaining_uses, service, settings_transaction,
    uninstall_preview, user_files,
};

/// Removes our entries from the settings of a scope, or says what would be done. If no other settings start the executables,
/// removes the executables and the service, too.
///
/// # Errors
/// If the settings cannot be changed; they are then as they were.
pub fn run_uninstall(env: &Environment, options: &UninstallOptions, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    if env.config_dir.exists() {
        file_owner::refuse_foreign_owner(env, options.scope)?;
    }
    if options.dry_run {
        return uninstall_preview::show_removal(env, options.scope, report);
    }
    if !env.config_dir.exists() {
        return Ok(());
    }
    report.warnings.extend(interrupted_runs::restore_settings(env, &path)?);
    let lock = settings_transaction::wait_for_lock(env)?;
    let receipt = receipt::load_receipt(env, &path);
    let mut written = None;
    if SettingsFile::read_settings(&path)?.seen.is_some() {
        let created = receipt.as_ref().is_some_and(|receipt| receipt.created);
        let make_plan = |text: &[u8]| plan_uninstall(env, options.scope, text, receipt.as_ref());
        let change = settings_transaction::edit_settings(env, &path, created, &make_plan, &|_, _, _| Ok(()))?;
        report.add_plan(&change.plan);
        report.backup.clone_from(&change.backup);
        report.warnings.extend(change.warnings(env));
        // If the settings were as install left them, the plan has restored the scripts.
        let is_restored = receipt.as_ref().is_some_and(|receipt| receipt.edit.matches_text(&change.plan.before));
        let missing = receipt.iter().filter(|_| !is_restored).flat_map(|receipt| &receipt.replaced);
        // Install may have been killed before it removed a script, or the user has registered the script again.
        let registered = settings_editor::find_scripts(&change.plan.after, &|_| true);
        let is_registered = |script: &ReplacedScriptNote| {
            registered.iter().any(|found| found.event == script.event && found.command == script.command)
        };
        let missing = missing.filter(|script| !is_registered(script));
        report.warnings.extend(missing.map(|script| missing_script_warning(env, script)));
        written = Some(change);
    }
    let mentioned = remaining_uses::scopes_with_mentions(env, None);
    if let Ok(settings) = SettingsFile::read_settings(&path) {
        let notes = remaining_uses::remaining_notes(env, options.scope, report, settings.bytes(), &mentioned);
        report.warnings.extend(notes);
    }
    let removed_receipt = receipt::remove_receipt(env, &path);
    let is_last = removed_receipt.is_ok() && !remaining_uses::is_in_use(env, &path, None);
    if is_last && service::is_installed(env) {
        let removed = service::remove_service(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    }
    if is_last {
        let removed = plugin::remove_plugin(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
        let removed = user_files::remove_files(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    } else {
        report.warnings.extend(remaining_uses::kept_parts(env));
    }
    // A command that only names the directory may start the executables, but it does not need the service.
    let is_removable = is_last && mentioned.is_empty();
    let removed =
        removed_receipt.and_then(|()| if is_removable { executables::remove_executables(env) } else { Ok(()) });
    report.problems.extend(removed.err().map(|error| error.to_string()));
    report.problems.extend(written.and_then(|written| written.late_write_warning(env)));
    report.warnings.extend(interrupted_runs::warnings(env, &lock));
    Ok(())
}

fn missing_script_warning(env: &Environment, script: &ReplacedScriptNote) -> String {
    let backup = script.backup.as_ref();
    let backup = backup
        .map(|backup| format!("; the settings that contain it are in {}", env.short_path(backup)))
        .unwrap_or_default();
    format!("install had replaced `{}` for {}, and uninstall does not restore it{backup}", script.command, script.event)
}
