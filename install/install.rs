//! `hooks install`

use std::path::Path;

use session_signals_protocol::EVENT_RULES;

use crate::cli::Install;
use crate::disabled::{self, Disabled};
use crate::doctor::aside;
use crate::editor::{self, Plan, Registration, Replaced};
use crate::env::Env;
use crate::executables::{self, Copied, Executable};
use crate::paths::Scope;
use crate::receipt::Receipt;
use crate::refusal::Refusal;
use crate::report::{LeftOut, Report};
use crate::settings::Settings;
use crate::tryout::{self, Registered};
use crate::wanted::{Subject, Wanted};
use crate::wording::{self, Lines};
use crate::{commit, diff, events, linked, mentions, owner, receipt, service, spool, version};

/// Installs, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run(env: &Env, options: &Install, report: &mut Report) -> Result<(), Refusal> {
    owner::check(env, options.scope)?;
    version::check(env, options.downgrade)?;
    if let Some(newer) = version::newer(env) {
        let what = if options.dry_run { "would be" } else { "is" };
        report.warnings.push(format!("version {newer} {what} replaced by the older {} (--downgrade)", version::OURS));
    }
    let wanted = Wanted::of(env, options.keep_scripts, options.daemons)?;
    if !options.dry_run {
        report.warnings.extend(aside::restore(env, &report.file)?);
    }
    let there = Settings::read(&report.file).ok();
    let serves = !options.no_service && (options.service || service::is_installed(env));
    let has_daemons = wanted.has_daemons(there.as_ref().map_or(b"", Settings::bytes));
    let executables = executables::read(env, has_daemons || serves)?;
    report.claude = wanted.claude.as_ref().ok().map(ToString::to_string);
    let done = if options.dry_run {
        show(env, &wanted, options, report)
    } else {
        change(env, &wanted, options, &executables, report)
    };
    let empty = subject(env, &report.file, options, b"{}");
    done.map_err(|refusal| refusal.or_paste(&editor::snippet(&wanted.registrations(env, &empty))))?;
    // The settings are changed by now: what fails here is a problem.
    let done = serve(env, options, report);
    report.problems.extend(done.err().map(|refusal| refusal.reason));
    let disabled = disabled::find(env);
    report.disabled = !disabled.is_empty();
    report.warnings.extend(warnings(env, &wanted, options.scope, &disabled));
    report.warnings.extend(of_entries(env, report));
    let there = there.as_ref().map_or(b"".as_slice(), Settings::bytes);
    report.warnings.extend(of_others(env, &wanted, options.scope, there));
    Ok(())
}

/// What the user should know of what else these settings run.
fn of_others(env: &Env, wanted: &Wanted, scope: Scope, there: &[u8]) -> Vec<String> {
    let unclear = wording::scripts(&wanted.unclear_scripts(env, there)).map(|(commands, events)| {
        format!(
            "{commands} for {events} has the name of a dashboard's script, and its text does not tell whether it writes signals: it stays registered; if it does, take it out by hand"
        )
    });
    let compound = wording::scripts(&wanted.compound_scripts(env, there)).map(|(commands, events)| {
        format!("{events} still runs a script that writes the same signals: {commands}; take it out by hand")
    });
    let named = mentions::listed(&mentions::of(env, scope, there)).map(|named| {
        format!(
            "what these start cannot be told, for they only name where the executables lie, so the entries are registered beside them: {named}"
        )
    });
    [unclear, compound, named].into_iter().flatten().collect()
}

/// The service, as the options want it; one that is there is kept up to date.
fn serve(env: &Env, options: &Install, report: &mut Report) -> Result<(), Refusal> {
    if options.dry_run {
        let planned = if options.service || options.no_service { service::plan(env, options.service)? } else { None };
        report.warnings.extend(planned);
    } else if options.no_service {
        service::remove(env, report)?;
    } else if options.service || service::is_installed(env) {
        service::install(env, options.service, report)?;
    }
    Ok(())
}

/// These settings as [`Wanted`] takes them.
fn subject<'a>(env: &Env, path: &Path, options: &Install, text: &'a [u8]) -> Subject<'a> {
    let is_linked = linked::how(env, path).is_some();
    Subject { scope: options.scope, is_linked, text, keep_others: false }
}

/// What is to become of the settings as they are now, or why it cannot be.
fn planned(env: &Env, wanted: &Wanted, options: &Install, path: &Path) -> Result<Plan, Refusal> {
    let before = Settings::settled(path)?;
    let plan = wanted.plan(env, &subject(env, path, options, before.bytes())).map_err(Refusal::of(path))?;
    if plan.is_change() {
        before.check_writable()?;
    }
    Ok(plan)
}

/// Changes nothing, and refuses what [`change`] would.
fn show(env: &Env, wanted: &Wanted, options: &Install, report: &mut Report) -> Result<(), Refusal> {
    let plan = planned(env, wanted, options, &report.file)?;
    report.diff = Some(diff::unified(&report.file, &plan));
    report.planned(&plan);
    report.left_out = left_out(&wanted.registrations(env, &subject(env, &report.file, options, &plan.before)));
    Ok(())
}

/// All that changes something. What fails before the settings are changed refuses; what fails after is a problem.
fn change(
    env: &Env,
    wanted: &Wanted,
    options: &Install,
    executables: &[Executable],
    report: &mut Report,
) -> Result<(), Refusal> {
    let lock = commit::lock(env)?;
    let path = report.file.clone();
    // Refused early; planned anew once the executables are there.
    let early = planned(env, wanted, options, &path);
    if early.is_ok() || may_copy(env) {
        match executables::copy(env, executables) {
            Ok(Copied { paths, former }) => {
                (report.copied, report.former, report.executables) = (paths, former, Some(env.executables()));
            }
            Err(error) if early.is_ok() => return Err(error.into()),
            Err(_) => {}
        }
    }
    early?;
    receipt::settle(env, &path)?;
    let note = |plan: &Plan, before: &Settings, backup: Option<&Path>| note(env, wanted, plan, before, backup);
    let written = commit::edit(env, &path, false, &|text| wanted.plan(env, &subject(env, &path, options, text)), &note);
    // Whether it was done or refused: the receipt that fits is the one that stays.
    let noted = receipt::settle(env, &path);
    let written = written?;
    report.problems.extend(noted.err().map(|error| error.to_string()));
    let registrations = wanted.registrations(env, &subject(env, &path, options, &written.plan.before));
    report.planned(&written.plan);
    report.left_out = left_out(&registrations);
    report.backup.clone_from(&written.backup);
    report.warnings.extend(written.warnings(env));
    if let Some(mode) = spool::fault(&env.spool()).and_then(|fault| fault.mode()) {
        match spool::tighten(&env.spool()) {
            Ok(()) => report
                .warnings
                .push(format!("{} was open to others (mode {mode:o}): it is 700 now", env.brief(&env.spool()))),
            Err(error) => report.problems.push(error.to_string()),
        }
    }
    let registered = registrations.iter().map(|one| Registered {
        event: one.event,
        command: &one.command,
        args: one.args.map(owned),
    });
    report.problems.extend(tryout::run(env, registered));
    report.problems.extend(written.late(env));
    report.warnings.extend(aside::warnings(env, &lock));
    Ok(())
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(ToString::to_string).collect()
}

/// Whether the executables may be copied although the settings are refused: what is pasted by hand starts them.
/// A folder that is read-only by its mode is its owner's decision, root or not.
fn may_copy(env: &Env) -> bool {
    let folder = env.executables();
    let folder = folder.ancestors().find_map(|folder| folder.metadata().ok());
    folder.is_some_and(|meta| !meta.permissions().readonly())
}

/// The events that are not registered.
fn left_out(registrations: &[Registration]) -> Vec<LeftOut> {
    let out =
        EVENT_RULES.iter().filter(|rule| registrations.iter().all(|registration| registration.event != rule.event));
    out.map(|rule| LeftOut { event: rule.event, since: events::since(rule.event).to_string() }).collect()
}

/// Writes the receipt of what is about to be done.
fn note(env: &Env, wanted: &Wanted, plan: &Plan, before: &Settings, backup: Option<&Path>) -> std::io::Result<()> {
    let previous = receipt::load(env, &before.path);
    let edit = editor::Receipt::of(plan, previous.as_ref().map(|previous| &previous.edit));
    // Ours, and nobody's since: then it is still we who made the file.
    let created = before.seen.is_none()
        || previous.as_ref().is_some_and(|previous| previous.created && previous.edit.fits(&plan.before));
    let mut replaced = previous.map(|previous| previous.replaced).unwrap_or_default();
    for Replaced { event, command } in &plan.replaced_scripts {
        // Another attempt of ours may have noted it, and not come through.
        replaced.retain(|script: &receipt::Script| (&script.event, &script.command) != (event, command));
        let (event, command, backup) = (event.clone(), command.clone(), backup.map(Path::to_owned));
        replaced.push(receipt::Script { event, command, backup });
    }
    let (file, keep_scripts) = (before.path.clone(), wanted.keep_scripts);
    receipt::prepare(env, &Receipt { file, created, keep_scripts, replaced, edit })
}

/// What the user should know of the entries that others have, or wrote by hand.
fn of_entries(env: &Env, report: &Report) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(linked) = linked::how(env, &report.file).filter(|_| report.scope != Scope::Project) {
        sentences.push(format!(
            "{} {}: its entries name no home, so that every home that shares it can use them. In each of them `hooks install` has to be run once; in the others they do nothing",
            env.brief(&report.file),
            linked.words(env)
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
    sentences.extend(Lines::of(&report.by_hand.iter().collect::<Vec<_>>()).map(|lines| {
        let Lines { events, executables, commands, many } = lines;
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
fn warnings(env: &Env, wanted: &Wanted, scope: Scope, disabled: &[Disabled]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Err(reason) = &wanted.claude {
        warnings.push(format!(
            "the CLI's version is unknown ({reason}): only the events that every version since {} knows are registered",
            events::OLDEST
        ));
    }
    for disabled in disabled {
        let whose = if disabled.scope.is_none() { " by whoever administers this computer" } else { "" };
        let file = env.brief(&disabled.file);
        warnings.push(format!("{} is set{whose} in {file}: the hooks will not run", disabled.setting));
    }
    if scope == Scope::Project {
        warnings.push(
            "everybody in this project gets these entries; with those who have not run `hooks install` they do nothing. `--scope local` is for you alone"
                .to_owned(),
        );
    }
    match spool::fault(&env.spool()) {
        Some(spool::Fault::NotADirectory) => {
            warnings.push(format!("{} is not a directory: the hooks will refuse it", env.brief(&env.spool())));
        }
        Some(spool::Fault::NotOurs(owner)) => {
            warnings.push(format!("{} belongs to user {owner}: the hooks will refuse it", env.brief(&env.spool())));
        }
        Some(spool::Fault::Open(_) | spool::Fault::Readable(_)) | None => {}
    }
    warnings
}
