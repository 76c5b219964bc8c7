//! `hooks install`.

use std::path::Path;

use session_signals_cli::PrivateDirFault;
use session_signals_protocol::EVENT_RULES;

use crate::command_line::InstallOptions;
use crate::desired_state::{DesiredState, SettingsSubject};
use crate::disabled_hooks;
use crate::environment::Environment;
use crate::executables::{self, CopyResult, Executable};
use crate::install_warnings;
use crate::receipt::{self, InstallReceipt, ReplacedScriptNote};
use crate::refusal::Refusal;
use crate::report::{LeftOutEvent, Report};
use crate::settings_editor::{self, EditPlan, Registration, ReplacedScript};
use crate::settings_file::SettingsFile;
use crate::smoke_test::{self, RegisteredCommand};
use crate::user_files::UserFilesChoice;
use crate::write_fault::WriteFault;
use crate::{
    cli_version, diff, file_access, file_owner, interrupted_runs, plugin, release_version, service,
    settings_transaction, shared_settings, signal_dir, supported_events, user_files,
};

/// Copies the executables and registers them in the settings of a scope, or says what would be done.
///
/// # Errors
/// If the settings cannot be changed; they are then as they were.
pub fn run_install(env: &Environment, options: &InstallOptions, report: &mut Report) -> Result<(), Refusal> {
    file_owner::refuse_foreign_owner(env, options.scope)?;
    if let Some(newer) = release_version::refuse_downgrade(env, options.downgrade)? {
        let what = if options.dry_run { "would be" } else { "is" };
        report.warnings.push(format!(
            "version {newer} {what} replaced by the older {} (--downgrade)",
            release_version::OUR_VERSION
        ));
    }
    let desired = DesiredState::decide_desired(env, options.keep_scripts, options.daemons)?;
    refuse_windows(env)?;
    signal_dir::refuse_open_file_system(env)?;
    plugin::refuse_enabled(env)?;
    if options.plugin {
        plugin::refuse_plugin(env, &desired.claude)?;
    }
    if options.service {
        service::refuse_service(env, options.notify, &options.sharing)?;
    }
    let choice = user_files::earlier_choice(env).with_options(env, options);
    if options.bin_dir.is_some() {
        user_files::refuse_folder(env, &choice)?;
    }
    if !options.dry_run {
        report.warnings.extend(interrupted_runs::restore_settings(env, &report.file)?);
    }
    let settings = SettingsFile::read_settings(&report.file).ok();
    let old_text = settings.as_ref().map_or(b"".as_slice(), SettingsFile::bytes);
    let has_service = !options.no_service && (options.service || service::is_installed(env));
    let mut others = user_files::needed_programs(env, &choice);
    if (desired.has_daemons(old_text) || has_service) && !others.contains(&supported_events::SESSIONS_EXECUTABLE) {
        others.push(supported_events::SESSIONS_EXECUTABLE);
    }
    let executables = executables::read_executables(env, &others)?;
    report.claude = desired.claude.as_ref().ok().map(ToString::to_string);
    let result = if options.dry_run {
        show_plan(env, &desired, options, &executables, report)
    } else {
        change_settings(env, &desired, options, &executables, report)
    };
    result.map_err(|refusal| {
        let empty_settings = settings_subject(env, &report.file, options, b"{}");
        refusal.with_snippet(&settings_editor::settings_snippet(&desired.registrations(env, &empty_settings)))
    })?;
    // The settings are changed now, so a failure from here on is a problem and not a refusal.
    for result in [
        change_service(env, options, report),
        change_plugin(env, options, report),
        change_user_files(env, options, &choice, report),
    ] {
        report.problems.extend(result.err().map(|refusal| refusal.reason));
    }
    let disabled = disabled_hooks::find_disabled(env);
    report.disabled = !disabled.is_empty();
    report.warnings.extend(install_warnings::about_circumstances(env, &desired, options.scope, &disabled));
    report.warnings.extend(install_warnings::about_plugin(env, &desired, options));
    report.warnings.extend(install_warnings::about_user_files(env, options, report));
    report.warnings.extend(install_warnings::about_entries(env, report));
    report.warnings.extend(install_warnings::about_other_commands(env, &desired, options.scope, old_text));
    Ok(())
}

/// Refuses the configuration directory of a Claude Code that runs on Windows: it would start the hooks there, and they are programs of
/// Linux.
///
/// # Errors
/// If the directory lies on a drive of Windows, and this Linux has no Claude Code of its own.
fn refuse_windows(env: &Environment) -> Result<(), Refusal> {
    if cli_version::find_cli(env).is_some() || !env.windows_drives.hold(&env.config_dir) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "{} is on a drive of Windows, and this Linux has no Claude Code of its own: Claude Code of Windows cannot start these hooks. Install Claude Code in this Linux first",
        env.short_path(&env.config_dir)
    )))
}

/// Installs or removes the service as the options say. An installed service is updated.
fn change_service(env: &Environment, options: &InstallOptions, report: &mut Report) -> Result<(), Refusal> {
    if options.dry_run {
        let is_desired = if options.no_service { Some(false) } else { options.service.then_some(true) };
        report.warnings.extend(service::plan_service(env, is_desired)?);
    } else if options.no_service {
        service::remove_service(env, report)?;
    } else if options.service || service::is_installed(env) {
        service::install_service(env, options.service, options.notify, &options.sharing, report)?;
    }
    Ok(())
}

/// Lays the plugin down or removes it as the options say. An installed plugin is updated.
fn change_plugin(env: &Environment, options: &InstallOptions, report: &mut Report) -> Result<(), Refusal> {
    if options.dry_run {
        let is_desired = if options.no_plugin { Some(false) } else { options.plugin.then_some(true) };
        report.warnings.extend(plugin::plan_plugin(env, is_desired));
    } else if options.no_plugin {
        let _lock = settings_transaction::wait_for_lock(env)?;
        plugin::remove_plugin(env, report)?;
    } else if options.plugin || plugin::is_installed(env) {
        plugin::lay_plugin(env, report)?;
    }
    Ok(())
}

/// Writes and removes links, completions and man pages as the choice says.
fn change_user_files(
    env: &Environment,
    options: &InstallOptions,
    choice: &UserFilesChoice,
    report: &mut Report,
) -> Result<(), Refusal> {
    if options.dry_run {
        report.warnings.extend(user_files::plan_files(env, choice)?);
        return Ok(());
    }
    user_files::lay_files(env, choice, report)
}

/// Returns the settings at `path`, with this content, as the desired state needs them.
fn settings_subject<'a>(
    env: &Environment,
    path: &Path,
    options: &InstallOptions,
    text: &'a [u8],
) -> SettingsSubject<'a> {
    let is_linked = shared_settings::find_sharing(env, path).is_some();
    SettingsSubject { scope: options.scope, is_linked, text, keep_others: false }
}

/// Plans the change of the settings as they are now.
///
/// # Errors
/// If the settings cannot be changed, and if a folder cannot be written that a change needs.
fn plan_for(
    env: &Environment,
    desired: &DesiredState,
    options: &InstallOptions,
    executables: &[Executable],
    path: &Path,
) -> Result<EditPlan, Refusal> {
    let before = SettingsFile::read_settled(path)?;
    let plan =
        desired.plan_for(env, &settings_subject(env, path, options, before.bytes())).map_err(Refusal::in_file(path))?;
    if plan.is_change() {
        settings_transaction::refuse_change(env, &before)?;
    }
    // The receipt lies beside the executables.
    if plan.is_change() || executables::need_copying(env, executables) {
        file_access::refuse_unwritable(env, &env.executables_dir())?;
    }
    Ok(plan)
}

/// Reports what [`change_settings`] would do, without changing anything.
///
/// # Errors
/// If [`change_settings`] would fail.
fn show_plan(
    env: &Environment,
    desired: &DesiredState,
    options: &InstallOptions,
    executables: &[Executable],
    report: &mut Report,
) -> Result<(), Refusal> {
    let plan = plan_for(env, desired, options, executables, &report.file)?;
    report.diff = Some(diff::unified_diff(&report.file, &plan));
    report.add_plan(&plan);
    report.left_out =
        left_out_events(&desired.registrations(env, &settings_subject(env, &report.file, options, &plan.before)));
    Ok(())
}

/// Copies the executables and changes the settings. What fails after the change becomes a problem in the report.
///
/// # Errors
/// If something fails before the settings are changed.
fn change_settings(
    env: &Environment,
    desired: &DesiredState,
    options: &InstallOptions,
    executables: &[Executable],
    report: &mut Report,
) -> Result<(), Refusal> {
    let lock = settings_transaction::wait_for_lock(env)?;
    let path = report.file.clone();
    // This plan only tells whether the settings are refused. They are planned again after the executables are copied.
    let first_plan = plan_for(env, desired, options, executables, &path);
    if first_plan.is_ok() || may_copy(env) {
        match executables::copy_executables(env, executables) {
            Ok(CopyResult { paths, former }) => {
                (report.copied, report.former, report.executables) = (paths, former, Some(env.executables_dir()));
            }
            Err(error) if first_plan.is_ok() => return Err(error.into()),
            Err(_) => {}
        }
    }
    first_plan?;
    receipt::settle_receipt(env, &path)?;
    let before_write = |plan: &EditPlan, before: &SettingsFile, backup: Option<&Path>| {
        write_pending_receipt(env, desired, plan, before, backup)
    };
    let written = settings_transaction::edit_settings(
        env,
        &path,
        false,
        &|text| desired.plan_for(env, &settings_subject(env, &path, options, text)),
        &before_write,
    );
    // After a change and after a refusal, the receipt that fits the settings is kept.
    let settled = receipt::settle_receipt(env, &path);
    let written = written?;
    report.problems.extend(settled.err().map(|error| error.to_string()));
    let registrations = desired.registrations(env, &settings_subject(env, &path, options, &written.plan.before));
    report.add_plan(&written.plan);
    report.left_out = left_out_events(&registrations);
    report.backup.clone_from(&written.backup);
    report.warnings.extend(written.warnings(env));
    restrict_signal_dir(env, report);
    let registered = registrations.iter().map(|registration| RegisteredCommand {
        event: registration.event,
        command: &registration.command,
        args: registration.args.map(|args| args.iter().map(ToString::to_string).collect()),
    });
    report.problems.extend(smoke_test::start_each_once(env, registered).unwrap_or_else(|reason| vec![reason]));
    report.problems.extend(written.late_write_warning(env));
    report.warnings.extend(interrupted_runs::warnings(env, &lock));
    Ok(())
}

/// Takes the permissions on the signal directory from other users, and gives them to this one.
fn restrict_signal_dir(env: &Environment, report: &mut Report) {
    let dir = env.signal_dir();
    let shown = env.short_path(&dir);
    let was = match (signal_dir::find_fault(&dir), signal_dir::find_write_fault(&dir)) {
        (Some(PrivateDirFault::Writable(mode) | PrivateDirFault::Readable(mode)), _) => {
            format!("{shown} was open to other users (mode {mode:o})")
        }
        (None, Some(WriteFault::Mode(mode))) => format!("you could not write to {shown} (mode {mode:o})"),
        _ => return,
    };
    match signal_dir::restrict_mode(&dir) {
        Ok(()) => report.warnings.push(format!("{was}: its mode is 700 now")),
        Err(error) => report.problems.push(error.to_string()),
    }
}

/// Returns whether the executables may be copied although the settings are refused: the user can paste the entries by hand. A
/// directory with a read-only mode is not written to, even by root.
fn may_copy(env: &Environment) -> bool {
    let folder = env.executables_dir();
    let folder = folder.ancestors().find_map(|folder| folder.metadata().ok());
    folder.is_some_and(|meta| !meta.permissions().readonly())
}

/// Returns the events that are not registered.
fn left_out_events(registrations: &[Registration]) -> Vec<LeftOutEvent> {
    let left_out =
        EVENT_RULES.iter().filter(|rule| registrations.iter().all(|registration| registration.event != rule.event));
    left_out
        .map(|rule| LeftOutEvent { event: rule.event, since: supported_events::event_since(rule.event).to_string() })
        .collect()
}

/// Writes the pending receipt of a change that is about to be made.
fn write_pending_receipt(
    env: &Environment,
    desired: &DesiredState,
    plan: &EditPlan,
    before: &SettingsFile,
    backup: Option<&Path>,
) -> std::io::Result<()> {
    let previous = receipt::load_receipt(env, &before.path);
    let edit = settings_editor::EditReceipt::from_plan(plan, previous.as_ref().map(|previous| &previous.edit));
    // If an earlier run created the file and nobody has changed it since, install still counts as its creator.
    let created = before.seen.is_none()
        || previous.as_ref().is_some_and(|previous| previous.created && previous.edit.matches_text(&plan.before));
    let mut replaced = previous.map(|previous| previous.replaced).unwrap_or_default();
    for ReplacedScript { event, command } in &plan.replaced_scripts {
        // An earlier attempt may have noted the script and failed.
        replaced.retain(|script: &ReplacedScriptNote| (&script.event, &script.command) != (event, command));
        let (event, command, backup) = (event.clone(), command.clone(), backup.map(Path::to_owned));
        replaced.push(ReplacedScriptNote { event, command, backup });
    }
    let (file, keep_scripts) = (before.path.clone(), desired.keep_scripts);
    receipt::prepare_receipt(env, &InstallReceipt { file, created, keep_scripts, replaced, edit })
}
