//! Our entries in the settings of every scope.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Finding, Mend, copies};
use crate::editor::{self, Entry, What};
use crate::env::Env;
use crate::places::{SCOPES, Scope};
use crate::settings::Settings;
use crate::tryout::{self, Registered};
use crate::wanted::Wanted;
use crate::{disabled, events, executables, receipt};

/// One scope's.
struct Found {
    scope: Scope,
    file: PathBuf,
    text: Vec<u8>,
    entries: Vec<Entry>,
}

/// Everything about the entries, and about what they start.
pub fn check(env: &Env, wanted: Option<&Wanted>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut scopes: Vec<Found> = Vec::new();
    for scope in SCOPES {
        let file = env.settings(scope);
        let settings = match Settings::read(&file) {
            Ok(settings) if settings.seen.is_some() => settings,
            Ok(_) => continue,
            Err(refusal) => {
                findings.push(Finding::new("settings-unusable", refusal.reason, Mend::ByHand).at(&file));
                continue;
            }
        };
        // In the home directory, the project's settings are the user's.
        if scopes.iter().any(|other| Settings::read(&other.file).is_ok_and(|other| other.real == settings.real)) {
            continue;
        }
        match editor::entries(settings.bytes(), &events::owned()) {
            Ok(entries) => scopes.push(Found { scope, text: settings.bytes().to_vec(), file, entries }),
            Err(refusal) => findings.push(unusable(&file, &refusal)),
        }
    }
    for disabled in disabled::find(env) {
        let sentence = format!(
            "{} is true in {}: no hook of yours runs; it is a decision that only you can take back",
            disabled.setting,
            env.brief(&disabled.file)
        );
        findings.push(Finding::new("hooks-disabled", sentence, Mend::ByHand).at(&disabled.file));
    }
    // Settings that install would refuse cannot be mended by it.
    if let Some(wanted) = wanted {
        for found in scopes.iter().filter(|found| found.scope == Scope::User || !found.entries.is_empty()) {
            let refusal = wanted.plan(env, &found.text).err();
            findings.extend(refusal.map(|refusal| unusable(&found.file, &refusal)));
        }
    }
    scopes.retain(|found| !found.entries.is_empty());
    if let (Some(_), true, true) =
        (wanted, scopes.is_empty(), findings.iter().all(|finding| finding.id != "settings-unusable"))
    {
        findings.push(Finding::new(
            "not-installed",
            "the hooks are not registered in any scope".to_owned(),
            Mend::Install(Scope::User),
        ));
    }
    for found in scopes.iter().filter(|found| !is_of_another_config(env, found)) {
        findings.extend(wanted.map(|wanted| differences(env, wanted, found)).unwrap_or_default());
        let dead = dead(env, found);
        if dead.is_empty() {
            findings.extend(failing(env, found));
        }
        findings.extend(dead);
    }
    findings.extend(twice(env, &scopes));
    findings
}

/// How many events any settings here have our entries for.
pub fn events(env: &Env) -> usize {
    let entries = SCOPES.into_iter().filter_map(|scope| {
        let settings = Settings::read(&env.settings(scope)).ok()?;
        editor::entries(settings.bytes(), &events::executables()).ok()
    });
    entries.flatten().map(|entry| entry.event).collect::<BTreeSet<_>>().len()
}

fn unusable(file: &Path, reason: &editor::Refusal) -> Finding {
    Finding::new("settings-unusable", format!("{}: {reason}", file.display()), Mend::ByHand).at(file)
}

/// Whether these are the settings of the usual config dir, which are a project's for who stands in the home directory
/// and has another: what is registered there is not for this config dir to judge.
fn is_of_another_config(env: &Env, found: &Found) -> bool {
    let usual = env.home.as_ref().map(|home| home.join(".claude"));
    found.scope != Scope::User && usual.is_some_and(|usual| found.file.parent() == Some(&usual) && env.config != usual)
}

/// What install would change.
fn differences(env: &Env, wanted: &Wanted, found: &Found) -> Vec<Finding> {
    let keep_scripts = receipt::load(env, &found.file).is_some_and(|receipt| receipt.keep_scripts);
    // Where it is refused, that has been told.
    let Ok(plan) = wanted.plan(env, &found.text) else { return Vec::new() };
    let file = env.brief(&found.file);
    let finding = |id, sentence| Finding::new(id, sentence, Mend::Install(found.scope)).at(&found.file);
    let of_entries = plan.registered.iter().filter_map(|change| {
        let event = &change.event;
        Some(match change.what {
            What::Kept => return None,
            What::Added => finding("entry-missing", format!("{event} is not registered in {file}")),
            What::Updated => finding("entry-outdated", format!("{event} in {file} is registered as another version would: {}", change.command)),
            What::Converged(more) => finding("entry-duplicated", format!("{event} is registered {} times in {file}", more + 1)),
            What::Removed => finding(
                "entry-unknown-event",
                format!("{event} is registered in {file}, but this Claude Code does not know it and may drop all hooks of the file"),
            ),
        })
    });
    let of_scripts = plan.replaced_scripts.iter().filter(|_| !keep_scripts).map(|script| {
        finding(
            "script-beside",
            format!(
                "{} is still registered in {file} for {}: both write the same signals",
                script.command, script.event
            ),
        )
    });
    let compound = if keep_scripts { Vec::new() } else { wanted.compound_scripts(env, &found.text) };
    let of_compound = compound.into_iter().map(|script| {
        let sentence = format!(
            "`{}` in {file} runs, for {}, a script that writes the same signals among other things: take it out by hand",
            script.command, script.event
        );
        Finding::new("script-beside", sentence, Mend::ByHand).at(&found.file)
    });
    of_entries.chain(of_scripts).chain(of_compound).collect()
}

/// Executables that cannot run, or are not those we have.
fn dead(env: &Env, found: &Found) -> Vec<Finding> {
    let mut paths: Vec<&str> = found.entries.iter().map(|entry| entry.path.as_str()).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.into_iter().filter_map(|path| copies::check(env, path.as_ref(), found.scope)).collect()
}

/// Each command once, as the CLI runs it; but only those that install wrote. Settings of a project come from anywhere,
/// and what merely looks like ours is not for us to run.
fn failing(env: &Env, found: &Found) -> Vec<Finding> {
    let installed = |entry: &&Entry| {
        let whole = executables::command(&entry.path, &entry.args) == (entry.command.clone(), entry.exec);
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let is_bare = events::owned().contains(&&*[&[name.to_owned()], &*entry.args].concat().join(" "));
        whole && is_bare && Path::new(&entry.path).parent() == Some(&env.executables())
    };
    let registered = found.entries.iter().filter(installed);
    let registered = registered.map(|entry| Registered {
        event: &entry.event,
        command: &entry.command,
        args: entry.exec.then(|| entry.args.clone()),
    });
    let problems = tryout::run(env, registered);
    problems.into_iter().map(|problem| Finding::new("executable-fails", problem, Mend::Install(found.scope))).collect()
}

/// The same event in more than one scope: the hook would run once for each.
fn twice(env: &Env, scopes: &[Found]) -> Vec<Finding> {
    let Some((first, others)) = scopes.split_first() else { return Vec::new() };
    let finding = |other: &Found| {
        let sentence = format!(
            "the hooks are registered in {} and in {}: each event is signalled twice",
            env.brief(&first.file),
            env.brief(&other.file)
        );
        let mend = if is_of_another_config(env, other) { Mend::ByHand } else { Mend::Uninstall(other.scope) };
        Finding::new("entry-in-two-scopes", sentence, mend).at(&other.file)
    };
    others
        .iter()
        .filter(|other| {
            other.entries.iter().any(|entry| first.entries.iter().any(|of_first| of_first.event == entry.event))
        })
        .map(finding)
        .collect()
}
