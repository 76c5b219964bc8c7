//! `hooks uninstall`

use crate::cli::Uninstall;
use crate::editor::{self, Plan, Whose};
use crate::env::Env;
use crate::places::{SCOPES, Scope};
use crate::receipt::{self, Receipt};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings::Settings;
use crate::{commit, diff, events, executables, linked, owner, service};

/// By the receipt where the settings are what install left; else only our entries go.
fn plan(env: &Env, scope: Scope, text: &[u8], receipt: Option<&Receipt>) -> Result<Plan, editor::Refusal> {
    let owned = events::owned();
    let place = |path: &str, by_shell| env.place(scope, path, by_shell);
    match receipt.and_then(|receipt| editor::undo(text, &receipt.edit, &owned, &place)) {
        Some(plan) => Ok(plan),
        None => editor::uninstall(text, &owned, &place),
    }
}

/// Whether these bytes are what uninstalling would make of the settings: as a run makes them that is then killed.
#[must_use]
pub fn would_make(env: &Env, settings: &Settings, bytes: &[u8]) -> bool {
    let receipt = receipt::load(env, &settings.path);
    let scope = SCOPES.into_iter().find(|scope| env.settings(*scope) == settings.path).unwrap_or(Scope::User);
    plan(env, scope, settings.bytes(), receipt.as_ref()).is_ok_and(|plan| plan.after == bytes)
}

/// Uninstalls, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run(env: &Env, options: &Uninstall, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    if env.config.exists() {
        owner::check(env)?;
    }
    if options.dry_run {
        let receipt = receipt::load(env, &path);
        let before = Settings::settled(&path)?;
        report.diff = Some(String::new());
        if before.seen.is_some() {
            let plan = plan(env, options.scope, before.bytes(), receipt.as_ref()).map_err(Refusal::of(&path))?;
            report.diff = Some(diff::unified(&path, &plan));
            report.planned(&plan);
        }
        return Ok(());
    }
    if !env.config.exists() {
        return Ok(());
    }
    let _lock = commit::lock(env)?;
    let receipt = receipt::load(env, &path);
    let mut done = None;
    if Settings::read(&path)?.seen.is_some() {
        let created = receipt.as_ref().is_some_and(|receipt| receipt.created);
        let plan = |text: &[u8]| plan(env, options.scope, text, receipt.as_ref());
        let written = commit::edit(env, &path, created, &plan, &|_, _, _| Ok(()))?;
        report.planned(&written.plan);
        report.backup.clone_from(&written.backup);
        report.warnings.extend(written.warnings(env));
        // By the receipt they are back; else only its owner knows whether they are missed.
        let is_as_it_was = receipt.as_ref().is_some_and(|receipt| receipt.edit.fits(&written.plan.before));
        let gone = receipt.iter().filter(|_| !is_as_it_was).flat_map(|receipt| &receipt.replaced);
        report.warnings.extend(gone.map(|script| {
            let kept = script.backup.as_ref().map(|backup| format!(", see {}", env.brief(backup))).unwrap_or_default();
            format!("install had replaced `{}` for {}, and it is not put back{kept}", script.command, script.event)
        }));
        done = Some(written);
    }
    report.warnings.extend(stays(env, options.scope, report));
    let forgotten = receipt::forget(env, &path);
    let is_last = forgotten.is_ok() && !in_use(env);
    if is_last && service::is_installed(env) {
        let removed = service::remove(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    }
    let cleared = forgotten.and_then(|()| if is_last { executables::remove(env) } else { Ok(()) });
    report.problems.extend(cleared.err().map(|error| error.to_string()));
    report.problems.extend(done.and_then(|done| done.late(env)));
    Ok(())
}

/// What of ours these settings still have, and why: a sentence each.
fn stays(env: &Env, scope: Scope, report: &Report) -> Vec<String> {
    let Ok(settings) = Settings::read(&report.file) else { return Vec::new() };
    let by_hand = editor::wrapped(settings.bytes(), &events::owned()).into_iter();
    let by_hand = by_hand.filter(|line| env.place(scope, &line.path, line.by_shell) == Whose::Here).map(|line| {
        format!(
            "your own line for {} starts {}, so it stays, and so do the executables: `{}`. To be rid of them, take it out and run `hooks uninstall` again",
            line.event, line.executable, line.command
        )
    });
    let entries = editor::entries(settings.bytes(), &events::owned()).unwrap_or_default();
    let mut others: Vec<String> = entries.into_iter().map(|entry| entry.path).collect();
    others.dedup();
    let others = others.into_iter().map(|path| format!("{path} is another home's, and stays registered"));
    let mut sentences: Vec<String> = by_hand.chain(others).collect();
    if scope != Scope::Project && linked::how(env, &report.file).is_some() && !report.events.is_empty() {
        sentences
            .push(format!("{} is shared: the entries are gone for every home that has it", env.brief(&report.file)));
    }
    sentences
}

/// Whether any other settings still start the executables: of this project, or with a receipt.
fn in_use(env: &Env) -> bool {
    let registered = |scope: &Scope| {
        let Ok(settings) = Settings::read(&env.settings(*scope)) else { return false };
        let is_here = |path: &str, by_shell| env.place(*scope, path, by_shell) == Whose::Here;
        let entries = editor::entries(settings.bytes(), &events::owned()).unwrap_or_default();
        entries.iter().any(|entry| is_here(&entry.path, !entry.exec))
            || editor::wrapped(settings.bytes(), &events::owned()).iter().any(|line| is_here(&line.path, line.by_shell))
    };
    receipt::any(env) || SCOPES.iter().any(registered)
}
