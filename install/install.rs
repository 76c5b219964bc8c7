//! `hooks install`

use std::path::Path;

use session_signals_protocol::EVENT_RULES;

use crate::command_line::InstallOptions;
use crate::desired_state::{DesiredState, SettingsSubject};
use crate::disabled_hooks::{self, DisabledHooks};
use crate::doctor::interrupted_runs;
use crate::environment::Environment;
use crate::executables::{self, CopyResult, Executable};
use crate::paths::Scope;
use crate::phrases::{self, WrappedLines};
use crate::receipt::InstallReceipt;
use crate::refusal::Refusal;
use crate::report::{LeftOutEvent, Report};
use crate::settings_editor::{self, EditPlan, Registration, ReplacedScript};
use crate::settings_file::SettingsFile;
use crate::smoke_test::{self, RegisteredCommand};
use crate::{
    diff, directory_mentions, file_owner, receipt, release_version, service, settings_transaction, shared_settings,
    signal_dir, supported_events,
};

/// Installs, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run_install(env: &Environment, options: &InstallOptions, report: &mut Report) -> Result<(), Refusal> {
    file_owner::refuse_foreign_owner(env, options.scope)?;
    release_version::refuse_downgrade(env, options.downgrade)?;
    if let Some(newer) = release_version::newer_installed(env) {
        let what = if options.dry_run { "would be" } else { "is" };
        report.warnings.push(format!(
            "version {newer} {what} replaced by the older {} (--downgrade)",
            release_version::OUR_VERSION
        ));
    }
    let wanted = DesiredState::decide_desired(env, options.keep_scripts, options.daemons)?;
    if !options.dry_run {
        report.warnings.extend(interrupted_runs::restore_settings(env, &report.file)?);
    }
    let there = SettingsFile::read_settings(&report.file).ok();
    let serves = !options.no_service && (options.service || service::is_installed(env));
    let has_daemons = wanted.has_daemons(there.as_ref().map_or(b"", SettingsFile::bytes));
    let executables = executables::read_executables(env, has_daemons || serves)?;
    report.claude = wanted.claude.as_ref().ok().map(ToString::to_string);
    let done = if options.dry_run {
        show_plan(env, &wanted, options, report)
    } else {
        change_settings(env, &wanted, options, &executables, report)
    };
    let empty = settings_subject(env, &report.file, options, b"{}");
    done.map_err(|refusal| {
        refusal.with_snippet(&settings_editor::settings_snippet(&wanted.registrations(env, &empty)))
    })?;
    // The settings are changed by now: what fails here is a problem.
    let done = plan_service(env, options, report);
    report.problems.extend(done.err().map(|refusal| refusal.reason));
    let disabled = disabled_hooks::find_disabled(env);
    report.disabled = !disabled.is_empty();
    report.warnings.extend(warnings(env, &wanted, options.scope, &disabled));
    report.warnings.extend(entry_failures(env, report));
    let there = there.as_ref().map_or(b"".as_slice(), SettingsFile::bytes);
    report.warnings.extend(foreign_warnings(env, &wanted, options.scope, there));
    Ok(())
}

/// What the user should know of what else these settings run.
fn foreign_warnings(env: &Environment, wanted: &DesiredState, scope: Scope, there: &[u8]) -> Vec<String> {
    let unclear = phrases::describe_scripts(&wanted.unclear_scripts(env, there)).map(|(commands, events)| {
        format!(
            "{commands} for {events} has the name of a dashboard's script, and its text does not tell whether it writes signals: it stays registered; if it does, take it out by hand"
        )
    });
    let compound = phrases::describe_scripts(&wanted.compound_scripts(env, there)).map(|(commands, events)| {
        format!("{events} still runs a script that writes the same signals: {commands}; take it out by hand")
    });
    let named = directory_mentions::list_mentions(&directory_mentions::mentions_of_scope(env, scope, there)).map(|named| {
        format!(
            "what these start cannot be told, for they only name where the executables lie, so the entries are registered beside them: {named}"
        )
    });
    [unclear, compound, named].into_iter().flatten().collect()
}

/// The service, as the options want it; one that is there is kept up to date.
fn plan_service(env: &Environment, options: &InstallOptions, report: &mut Report) -> Result<(), Refusal> {
    if options.dry_run {
        let planned =
            if options.service || options.no_service { service::plan_service(env, options.service)? } else { None };
        report.warnings.extend(planned);
    } else if options.no_service {
        service::remove_service(env, report)?;
    } else if options.service || service::is_installed(env) {
        service::install_service(env, options.service, report)?;
    }
    Ok(())
}

/// These settings as [`Wanted`] takes them.
fn settings_subject<'a>(
    env: &Environment,
    path: &Path,
    options: &InstallOptions,
    text: &'a [u8],
) -> SettingsSubject<'a> {
    let is_linked = shared_settings::find_sharing(env, path).is_some();
    SettingsSubject { scope: options.scope, is_linked, text, keep_others: false }
}

/// What is to become of the settings as they are now, or why it cannot be.
fn plan_for(
    env: &Environment,
    wanted: &DesiredState,
    options: &InstallOptions,
    path: &Path,
) -> Result<EditPlan, Refusal> {
    let before = SettingsFile::read_settled(path)?;
    let plan =
        wanted.plan_for(env, &settings_subject(env, path, options, before.bytes())).map_err(Refusal::in_file(path))?;
    if plan.is_change() {
        before.check_writable()?;
    }
    Ok(plan)
}

/// Changes nothing, and refuses what [`change`] would.
fn show_plan(
    env: &Environment,
    wanted: &DesiredState,
    options: &InstallOptions,
    report: &mut Report,
) -> Result<(), Refusal> {
    let plan = plan_for(env, wanted, options, &report.file)?;
    report.diff = Some(diff::unified_diff(&report.file, &plan));
    report.add_plan(&plan);
    report.left_out =
        left_out_events(&wanted.registrations(env, &settings_subject(env, &report.file, options, &plan.before)));
    Ok(())
}

/// All that changes something. What fails before the settings are changed refuses; what fails after is a problem.
fn change_settings(
    env: &Environment,
    wanted: &DesiredState,
    options: &InstallOptions,
    executables: &[Executable],
    report: &mut Report,
) -> Result<(), Refusal> {
    let lock = settings_transaction::wait_for_lock(env)?;
    let path = report.file.clone();
    // Refused early; planned anew once the executables are there.
    let early = plan_for(env, wanted, options, &path);
    if early.is_ok() || may_copy(env) {
        match executables::copy_executables(env, executables) {
            Ok(CopyResult { paths, former }) => {
                (report.copied, report.former, report.executables) = (paths, former, Some(env.executables_dir()));
            }
            Err(error) if early.is_ok() => return Err(error.into()),
            Err(_) => {}
        }
    }
    early?;
    receipt::settle_receipt(env, &path)?;
    let note =
        |plan: &EditPlan, before: &SettingsFile, backup: Option<&Path>| note_receipt(env, wanted, plan, before, backup);
    let written = settings_transaction::edit_settings(
        env,
        &path,
        false,
        &|text| wanted.plan_for(env, &settings_subject(env, &path, options, text)),
        &note,
    );
    // Whether it was done or refused: the receipt that fits is the one that stays.
    let noted = receipt::settle_receipt(env, &path);
    let written = written?;
    report.problems.extend(noted.err().map(|error| error.to_string()));
    let registrations = wanted.registrations(env, &settings_subject(env, &path, options, &written.plan.before));
    report.add_plan(&written.plan);
    report.left_out = left_out_events(&registrations);
    report.backup.clone_from(&written.backup);
    report.warnings.extend(written.warnings(env));
    if let Some(mode) = signal_dir::find_fault(&env.signal_dir()).and_then(|fault| fault.mode()) {
        match signal_dir::restrict_mode(&env.signal_dir()) {
            Ok(()) => report.warnings.push(format!(
                "{} was open to others (mode {mode:o}): it is 700 now",
                env.short_path(&env.signal_dir())
            )),
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    let registered = registrations.iter().map(|one| RegisteredCommand {
        event: one.event,
        command: &one.command,
        args: one.args.map(owned_list),
    });
    report.problems.extend(smoke_test::start_each_once(env, registered));
    report.problems.extend(written.late_write_warning(env));
    report.warnings.extend(interrupted_runs::warnings(env, &lock));
    Ok(())
}

fn owned_list(args: &[&str]) -> Vec<String> {
    args.iter().map(ToString::to_string).collect()
}

/// Whether the executables may be copied although the settings are refused: what is pasted by hand starts them.
/// A folder that is read-only by its mode is its owner's decision, root or not.
fn may_copy(env: &Environment) -> bool {
    let folder = env.executables_dir();
    let folder = folder.ancestors().find_map(|folder| folder.metadata().ok());
    folder.is_some_and(|meta| !meta.permissions().readonly())
}

/// The events that are not registered.
fn left_out_events(registrations: &[Registration]) -> Vec<LeftOutEvent> {
    let out =
        EVENT_RULES.iter().filter(|rule| registrations.iter().all(|registration| registration.event != rule.event));
    out.map(|rule| LeftOutEvent { event: rule.event, since: supported_events::event_since(rule.event).to_string() })
        .collect()
}

/// Writes the receipt of what is about to be done.
fn note_receipt(
    env: &Environment,
    wanted: &DesiredState,
    plan: &EditPlan,
    before: &SettingsFile,
    backup: Option<&Path>,
) -> std::io::Result<()> {
    let previous = receipt::load_receipt(env, &before.path);
    let edit = settings_editor::EditReceipt::from_plan(plan, previous.as_ref().map(|previous| &previous.edit));
    // Ours, and nobody's since: then it is still we who made the file.
    let created = before.seen.is_none()
        || previous.as_ref().is_some_and(|previous| previous.created && previous.edit.matches_text(&plan.before));
    let mut replaced = previous.map(|previous| previous.replaced).unwrap_or_default();
    for ReplacedScript { event, command } in &plan.replaced_scripts {
        // Another attempt of ours may have noted it, and not come through.
        replaced.retain(|script: &receipt::ReplacedScriptNote| (&script.event, &script.command) != (event, command));
        let (event, command, backup) = (event.clone(), command.clone(), backup.map(Path::to_owned));
        replaced.push(receipt::ReplacedScriptNote { event, command, backup });
    }
    let (file, keep_scripts) = (before.path.clone(), wanted.keep_scripts);
    receipt::prepare_receipt(env, &InstallReceipt { file, created, keep_scripts, replaced, edit })
}

/// What the user should know of the entries that others have, or wrote by hand.
fn entry_failures(env: &Environment, report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(linked) = shared_settings::find_sharing(env, &report.file).filter(|_| report.scope != Scope::Project) {
        sentences.push(format!(
            "{} {}: its entries name no home, so that every home that shares it can use them. In each of them `hooks install` has to be run once; in the others they do nothing",
            env.short_path(&report.file),
            linked.describe_sharing(env)
        ));
    }
    if !report.of_others.is_empty() {
        let mut commands: Vec<&str> = report.of_others.iter().map(|entry| entry.command.as_str()).collect();
        commands.sort_unstable();
        commands.dedup();
        sentences.push(format!(
            "entries of another home were made such that they serve every home where `hooks install` was run: `{}`",
            commands.join("`, `")
        ));
    }
    sentences.extend(WrappedLines::from_wrapped(&report.by_hand.iter().collect::<Vec<_>>()).map(|lines| {
        let WrappedLines { events, executables, commands, many } = lines;
        let (line, it) = if many {
            ("are left to lines of your own, which start", "them")
        } else {
            ("is left to your own line, which starts", "it")
        };
        format!("{events} {line} {executables}: {commands}; no entry was added beside {it}")
    }));
    sentences
}

/// What the user should know, whatever was changed.
fn warnings(env: &Environment, wanted: &DesiredState, scope: Scope, disabled: &[DisabledHooks]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(reason) = &wanted.claude {
        warnings.push(format!(
            "the CLI's version is unknown ({reason}): only the events that every version since {} knows are registered",
            supported_events::OLDEST_CLI
        ));
    }
    for disabled in disabled {
        let whose = if disabled.scope.is_none() { " by whoever administers this computer" } else { "" };
        let file = env.short_path(&disabled.file);
        warnings.push(format!("{} is set{whose} in {file}: the hooks will not run", disabled.setting));
    }
    if scope == Scope::Project {
        warnings.push(
            "everybody in this project gets these entries; with those who have not run `hooks install` they do nothing. `--scope local` is for you alone"
                .to_owned(),
        );
    }
    match signal_dir::find_fault(&env.signal_dir()) {
        Some(signal_dir::SignalDirFault::NotADirectory) => {
            warnings
                .push(format!("{} is not a directory: the hooks will refuse it", env.short_path(&env.signal_dir())));
        }
        Some(signal_dir::SignalDirFault::NotOurs(owner)) => {
            warnings.push(format!(
                "{} belongs to user {owner}: the hooks will refuse it",
                env.short_path(&env.signal_dir())
            ));
        }
        Some(signal_dir::SignalDirFault::Open(_) | signal_dir::SignalDirFault::Readable(_)) | None => {}
    }
    warnings
}
