//! `hooks uninstall`

use std::path::PathBuf;

use serde_json::Value;

use crate::cli::Uninstall;
use crate::doctor::aside;
use crate::editor::{self, Plan, Whose};
use crate::env::Env;
use crate::paths::{SCOPES, Scope};
use crate::receipt::{self, Receipt};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings::{self, Settings};
use crate::wording::Lines;
use crate::{commit, diff, events, executables, linked, mentions, owner, service};

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
    let scope = SCOPES.into_iter().find(|scope| env.settings(*scope) == settings.path);
    let of_another_project = if settings.path.ends_with("settings.local.json") { Scope::Local } else { Scope::Project };
    let scope = scope.unwrap_or(of_another_project);
    plan(env, scope, settings.bytes(), receipt.as_ref()).is_ok_and(|plan| plan.after == bytes)
}

/// Uninstalls, or says what would be done.
///
/// # Errors
/// Whatever leaves the settings as they were.
pub fn run(env: &Env, options: &Uninstall, report: &mut Report) -> Result<(), Refusal> {
    let path = report.file.clone();
    if env.config.exists() {
        owner::check(env, options.scope)?;
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
    report.warnings.extend(aside::restore(env, &path)?);
    let lock = commit::lock(env)?;
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
        let gone = gone.filter(|script| !stands(&written.plan.after, script));
        report.warnings.extend(gone.map(|script| {
            let kept = script.backup.as_ref().map(|backup| format!(", see {}", env.brief(backup))).unwrap_or_default();
            format!("install had replaced `{}` for {}, and it is not put back{kept}", script.command, script.event)
        }));
        done = Some(written);
    }
    let mentioned = mentioned(env);
    report.warnings.extend(stays(env, options.scope, report, &mentioned));
    let forgotten = receipt::forget(env, &path);
    let is_last = forgotten.is_ok() && !in_use(env);
    if is_last && service::is_installed(env) {
        let removed = service::remove(env, report);
        report.problems.extend(removed.err().map(|refusal| refusal.reason));
    }
    // What only names them may start them; it needs no service.
    let is_free = is_last && mentioned.is_empty();
    let cleared = forgotten.and_then(|()| if is_free { executables::remove(env) } else { Ok(()) });
    report.problems.extend(cleared.err().map(|error| error.to_string()));
    report.problems.extend(done.and_then(|done| done.late(env)));
    report.warnings.extend(aside::warnings(env, &lock));
    Ok(())
}

/// Whether settings register a script: install may have been killed before it took it out, or its owner put it back.
fn stands(settings: &[u8], script: &receipt::Script) -> bool {
    let settings = settings::parse(settings).unwrap_or_default();
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let groups = items(&settings["hooks"][&script.event]).into_iter();
    groups.flat_map(|group| items(&group["hooks"])).any(|hook| hook["command"] == *script.command)
}

/// What of ours these settings still have, and why: a sentence each. `mentioned`: what [`mentioned`] found.
fn stays(env: &Env, scope: Scope, report: &Report, mentioned: &[(PathBuf, String)]) -> Vec<String> {
    let Ok(settings) = Settings::read(&report.file) else { return Vec::new() };
    let by_hand = editor::wrapped(settings.bytes(), &events::owned()).into_iter();
    let by_hand: Vec<_> = by_hand.filter(|line| env.place(scope, &line.path, line.by_shell) == Whose::Here).collect();
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(Lines::of(&by_hand.iter().collect::<Vec<_>>()).map(|lines| {
        let Lines { events, executables, commands, many } = lines;
        let (line, stays, it) = if many {
            ("lines of your own start", "they stay", "them")
        } else {
            ("your own line starts", "it stays", "it")
        };
        format!(
            "for {events} {line} {executables}, so {stays}, and so do the executables: {commands}. To be rid of them, take {it} out and run `hooks uninstall` again"
        )
    }));
    let entries = editor::entries(settings.bytes(), &events::owned()).unwrap_or_default();
    if let [first, more @ ..] = entries.as_slice() {
        let more = more.iter().filter(|entry| entry.path != first.path).count();
        let more = if more == 0 { String::new() } else { format!(" (and {more} more)") };
        sentences.push(format!("{}{more} is another home's, and stays registered", first.path));
    }
    for (file, named) in mentioned {
        sentences.push(format!(
            "{} names where the executables lie, so they stay: {named}. To be rid of them, take that out and run `hooks uninstall` again",
            env.brief(file)
        ));
    }
    if scope != Scope::Project && linked::how(env, &report.file).is_some() && !report.events.is_empty() {
        sentences
            .push(format!("{} is shared: the entries are gone for every home that has it", env.brief(&report.file)));
    }
    sentences
}

/// The settings of every scope that name where the executables lie, and how.
fn mentioned(env: &Env) -> Vec<(PathBuf, String)> {
    let mut found: Vec<(PathBuf, String)> = Vec::new();
    for scope in SCOPES {
        let file = env.settings(scope);
        let Ok(settings) = Settings::read(&file) else { continue };
        if let Some(named) = mentions::listed(&mentions::of(env, scope, settings.bytes()))
            && found.iter().all(|(other, _)| *other != file)
        {
            found.push((file, named));
        }
    }
    found
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
