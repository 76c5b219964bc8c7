//! `hooks uninstall`

use std::path::PathBuf;

use serde_json::Value;

use crate::command_line::UninstallOptions;
use crate::doctor::interrupted_runs;
use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::phrases::WrappedLines;
use crate::receipt::{self, InstallReceipt};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_editor::{self, EditPlan, HookOwner};
use crate::settings_file::{self, SettingsFile};
use crate::{
    diff, directory_mentions, executables, file_owner, service, settings_transaction, shared_settings, supported_events,
};

/// By the receipt where the settings are what install left; else only our entries go.
fn plan_for(
    env: &Environment,
    scope: Scope,
    text: &[u8],
    receipt: Option<&InstallReceipt>,
) -> Result<EditPlan, settings_editor::EditRefusal> {
    let owned = supported_events::owned_names();
    let place = |path: &str, by_shell| env.hook_owner(scope, path, by_shell);
    match receipt.and_then(|receipt| settings_editor::undo_edit(text, &receipt.edit, &owned, &place)) {
        Some(plan) => Ok(plan),
        None => settings_editor::plan_uninstall(text, &owned, &place),
    }
}

/// Whether these bytes are what uninstalling would make of the settings: as a run makes them that is then killed.
#[must_use]
pub fn would_make(env: &Environment, settings: &SettingsFile, bytes: &[u8]) -> bool {
    let receipt = receipt::load_receipt(env, &settings.path);
    let scope = SCOPES.into_iter().find(|scope| env.settings_path(*scope) == settings.path);
    let of_another_project = if settings.path.ends_with("settings.local.json") { Scope::Local } else { Scope::Project };
    let scope = scope.unwrap_or(of_another_project);
    plan_for(env, scope, settings.bytes(), receipt.as_ref()).is_ok_and(|plan| plan.after == bytes)
}

/// Uninstalls, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run_uninstall(env: &Environment, options: &UninstallOptions, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    if env.config.exists() {
        file_owner::refuse_foreign_owner(env, options.scope)?;
    }
    if options.dry_run {
        let receipt = receipt::load_receipt(env, &path);
        let before = SettingsFile::read_settled(&path)?;
        report.diff = Some(String::new());
        if before.seen.is_some() {
            let plan =
                plan_for(env, options.scope, before.bytes(), receipt.as_ref()).map_err(Refusal::in_file(&path))?;
            report.diff = Some(diff::unified_diff(&path, &plan));
            report.add_plan(&plan);
        }
        return Ok(());
    }
    if !env.config.exists() {
        return Ok(());
    }
    report.warnings.extend(interrupted_runs::restore_settings(env, &path)?);
    let lock = settings_transaction::wait_for_lock(env)?;
    let receipt = receipt::load_receipt(env, &path);
    let mut done = None;
    if SettingsFile::read_settings(&path)?.seen.is_some() {
        let created = receipt.as_ref().is_some_and(|receipt| receipt.created);
        let plan = |text: &[u8]| plan_for(env, options.scope, text, receipt.as_ref());
        let written = settings_transaction::edit_settings(env, &path, created, &plan, &|_, _, _| Ok(()))?;
        report.add_plan(&written.plan);
        report.backup.clone_from(&written.backup);
        report.warnings.extend(written.warnings(env));
        // By the receipt they are back; else only its owner knows whether they are missed.
        let is_as_it_was = receipt.as_ref().is_some_and(|receipt| receipt.edit.matches_text(&written.plan.before));
        let gone = receipt.iter().filter(|_| !is_as_it_was).flat_map(|receipt| &receipt.replaced);
        let gone = gone.filter(|script| !is_still_there(&written.plan.after, script));
        report.warnings.extend(gone.map(|script| {
            let kept =
                script.backup.as_ref().map(|backup| format!(", see {}", env.short_path(backup))).unwrap_or_default();
            format!("install had replaced `{}` for {}, and it is not put back{kept}", script.command, script.event)
        }));
        done = Some(written);
    }
    let mentioned = scopes_with_mentions(env);
    report.warnings.extend(remaining_notes(env, options.scope, report, &mentioned));
    let forgotten = receipt::remove_receipt(env, &path);
    let is_last = forgotten.is_ok() && !is_in_use(env);
    if is_last && service::is_installed(env) {
        let removed = service::remove_service(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    }
    // What only names them may start them; it needs no service.
    let is_free = is_last && mentioned.is_empty();
    let cleared = forgotten.and_then(|()| if is_free { executables::remove_executables(env) } else { Ok(()) });
    report.problems.extend(cleared.err().map(|error| error.to_string()));
    report.problems.extend(done.and_then(|done| done.late_write_warning(env)));
    report.warnings.extend(interrupted_runs::warnings(env, &lock));
    Ok(())
}

/// Whether settings register a script: install may have been killed before it took it out, or its owner put it back.
fn is_still_there(settings: &[u8], script: &receipt::ReplacedScriptNote) -> bool {
    let settings = settings_file::parse_settings(settings).unwrap_or_default();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let groups = items(&settings["hooks"][&script.event]).into_iter();
    groups.flat_map(|group| items(&group["hooks"])).any(|hook| hook["command"] == *script.command)
}

/// What of ours these settings still have, and why: a sentence each. `mentioned`: what [`mentioned`] found.
fn remaining_notes(env: &Environment, scope: Scope, report: &Report, mentioned: &[(PathBuf, String)]) -> Vec<String> {
    let Ok(settings) = SettingsFile::read_settings(&report.file) else { return Vec::new() };
    let by_hand = settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names()).into_iter();
    let by_hand: Vec<_> =
        by_hand.filter(|line| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here).collect();
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(WrappedLines::from_wrapped(&by_hand.iter().collect::<Vec<_>>()).map(|lines| {
        let WrappedLines { events, executables, commands, many } = lines;
        let (line, stays, it) = if many {
            ("lines of your own start", "they stay", "them")
        } else {
            ("your own line starts", "it stays", "it")
        };
        format!(
            "for {events} {line} {executables}, so {stays}, and so do the executables: {commands}. To be rid of them, take {it} out and run `hooks uninstall` again"
        )
    }));
    let entries = settings_editor::own_entries(settings.bytes(), &supported_events::owned_names()).unwrap_or_default();
    if let [first, more @ ..] = entries.as_slice() {
        let more = more.iter().filter(|entry| entry.path != first.path).count();
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        sentences.push(format!("{}{more} is another home's, and stays registered", first.path));
    }
    for (file, named) in mentioned {
        sentences.push(format!(
            "{} names where the executables lie, so they stay: {named}. To be rid of them, take that out and run `hooks uninstall` again",
            env.short_path(file)
        ));
    }
    if scope != Scope::Project
        && shared_settings::find_sharing(env, &report.file).is_some()
        && !report.events.is_empty()
    {
        sentences.push(format!(
            "{} is shared: the entries are gone for every home that has it",
            env.short_path(&report.file)
        ));
    }
    sentences
}

/// The settings of every scope that name where the executables lie, and how.
fn scopes_with_mentions(env: &Environment) -> Vec<(PathBuf, String)> {
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for scope in SCOPES {
        let file = env.settings_path(scope);
        let Ok(settings) = SettingsFile::read_settings(&file) else { continue };
        if let Some(named) =
            directory_mentions::list_mentions(&directory_mentions::mentions_of_scope(env, scope, settings.bytes()))
            && found.iter().all(|(other, _)| *other != file)
        {
            found.push((file, named));
        }
    }
    found
}

/// Whether any other settings still start the executables: of this project, or with a receipt.
fn is_in_use(env: &Environment) -> bool {
    let registered = |scope: &Scope| {
        let Ok(settings) = SettingsFile::read_settings(&env.settings_path(*scope)) else { return false };
        let is_here = |path: &str, by_shell| env.hook_owner(*scope, path, by_shell) == HookOwner::Here;
        let entries =
            settings_editor::own_entries(settings.bytes(), &supported_events::owned_names()).unwrap_or_default();
        entries.iter().any(|entry| is_here(&entry.path, !entry.exec))
            || settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names())
                .iter()
                .any(|line| is_here(&line.path, line.by_shell))
    };
    receipt::has_receipts(env) || SCOPES.iter().any(registered)
}
