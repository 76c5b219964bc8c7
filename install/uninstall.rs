//! `hooks uninstall`.

use std::path::PathBuf;

use crate::command_line::UninstallOptions;
use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::phrases::WrappedLines;
use crate::receipt::{self, ReplacedScriptNote};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_editor::{self, HookOwner};
use crate::settings_file::SettingsFile;
use crate::uninstall_plan::plan_uninstall;
use crate::{
    diff, directory_mentions, executables, file_owner, interrupted_runs, plugin, service, settings_transaction,
    shared_settings, supported_events, user_files,
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
        let receipt = receipt::load_receipt(env, &path);
        let before = SettingsFile::read_settled(&path)?;
        report.diff = Some(String::new());
        if before.seen.is_some() {
            let plan = plan_uninstall(env, options.scope, before.bytes(), receipt.as_ref())
                .map_err(Refusal::in_file(&path))?;
            report.diff = Some(diff::unified_diff(&path, &plan));
            report.add_plan(&plan);
        }
        if plugin::is_installed(env) {
            let dir = env.short_path(&env.plugin_dir());
            report.warnings.push(format!("{dir} would be removed if no other settings start the hooks"));
        }
        report.warnings.extend(
            user_files::list_files(env)
                .map(|files| format!("{files} would be removed if no other settings start the hooks")),
        );
        return Ok(());
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
    let mentioned = scopes_with_mentions(env);
    report.warnings.extend(remaining_notes(env, options.scope, report, &mentioned));
    let removed_receipt = receipt::remove_receipt(env, &path);
    let is_last = removed_receipt.is_ok() && !is_in_use(env);
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
        for kept in kept_parts(env) {
            report.warnings.push(format!("{kept} because other settings or lines of your own still start the hooks"));
        }
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

/// Returns the beginning of a sentence on each part of the installation that stays.
fn kept_parts(env: &Environment) -> impl Iterator<Item = String> {
    let plugin = plugin::is_installed(env).then(|| format!("{} stays,", env.short_path(&env.plugin_dir())));
    plugin.into_iter().chain(user_files::list_files(env).map(|files| format!("{files} stay,")))
}

fn missing_script_warning(env: &Environment, script: &ReplacedScriptNote) -> String {
    let backup = script.backup.as_ref();
    let backup = backup
        .map(|backup| format!("; the settings that contain it are in {}", env.short_path(backup)))
        .unwrap_or_default();
    format!("install had replaced `{}` for {}, and uninstall does not restore it{backup}", script.command, script.event)
}

/// Returns sentences on what of ours is left in the settings, and why. `mentioned` is the result of [`scopes_with_mentions`].
fn remaining_notes(env: &Environment, scope: Scope, report: &Report, mentioned: &[(PathBuf, String)]) -> Vec<String> {
    let Ok(settings) = SettingsFile::read_settings(&report.file) else { return Vec::new() };
    let wrapped = settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names()).into_iter();
    let wrapped: Vec<_> =
        wrapped.filter(|line| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here).collect();
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(WrappedLines::from_wrapped(&wrapped.iter().collect::<Vec<_>>()).map(|lines| {
        let WrappedLines { events, executables, commands, many } = lines;
        let (start, line) =
            if many { ("lines of your own start", "the lines") } else { ("your own line starts", "the line") };
        format!(
            "for {events} {start} {executables}, so {line} and the executables stay: {commands}. To remove the executables, remove {line} and run `hooks uninstall` again"
        )
    }));
    let entries = settings_editor::own_entries(settings.bytes(), &supported_events::owned_names()).unwrap_or_default();
    if let [first, more @ ..] = entries.as_slice() {
        let more = more.iter().filter(|entry| entry.path != first.path).count();
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        sentences.push(format!("{}{more} belongs to another home and stays registered", first.path));
    }
    for (file, commands) in mentioned {
        sentences.push(format!(
            "{} names the directory of the executables, so the executables stay: {commands}. To remove them, remove what names the directory and run `hooks uninstall` again",
            env.short_path(file)
        ));
    }
    if scope != Scope::Project
        && shared_settings::find_sharing(env, &report.file).is_some()
        && !report.events.is_empty()
    {
        sentences.push(format!(
            "{} is shared, so the entries are gone for every home that uses it",
            env.short_path(&report.file)
        ));
    }
    sentences
}

/// Returns the settings files of all scopes that name the directory of the executables, with the commands that do.
fn scopes_with_mentions(env: &Environment) -> Vec<(PathBuf, String)> {
    let mut files: Vec<(PathBuf, String)> = Vec::new();
    for scope in SCOPES {
        let file = env.settings_path(scope);
        let Ok(settings) = SettingsFile::read_settings(&file) else { continue };
        if let Some(commands) =
            directory_mentions::list_mentions(&directory_mentions::mentions_of_scope(env, scope, settings.bytes()))
            && files.iter().all(|(other, _)| *other != file)
        {
            files.push((file, commands));
        }
    }
    files
}

/// Returns whether other settings still start the executables: settings of this project, or settings with a receipt.
fn is_in_use(env: &Environment) -> bool {
    let starts_ours = |scope: &Scope| {
        let Ok(settings) = SettingsFile::read_settings(&env.settings_path(*scope)) else { return false };
        let is_here = |path: &str, by_shell| env.hook_owner(*scope, path, by_shell) == HookOwner::Here;
        let entries =
            settings_editor::own_entries(settings.bytes(), &supported_events::owned_names()).unwrap_or_default();
        entries.iter().any(|entry| is_here(&entry.path, !entry.exec))
            || settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names())
                .iter()
                .any(|line| is_here(&line.path, line.by_shell))
    };
    receipt::has_receipts(env) || SCOPES.iter().any(starts_ours)
}
