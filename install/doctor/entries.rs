//! Our entries in the settings of every scope.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Finding, Fix, registered_executables};
use crate::desired_state::{DesiredState, SettingsSubject};
use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::phrases::{self, WrappedLines};
use crate::settings_editor::{self, ChangeKind, HookOwner, OwnEntry, WrappedCommand};
use crate::settings_file::SettingsFile;
use crate::smoke_test::{self, RegisteredCommand};
use crate::{directory_mentions, disabled_hooks, executables, receipt, shared_settings, supported_events};

/// One scope's.
struct ScopeEntries {
    scope: Scope,
    file: PathBuf,
    text: Vec<u8>,
    is_linked: bool,
    /// Those that are this home's.
    entries: Vec<OwnEntry>,
    /// Those of other homes.
    others: Vec<OwnEntry>,
    /// The lines of the user's own that start what is ours.
    by_hand: Vec<WrappedCommand>,
}

impl ScopeEntries {
    fn read_scope(
        env: &Environment,
        scope: Scope,
        settings: &SettingsFile,
    ) -> Result<Self, settings_editor::EditRefusal> {
        let text = settings.bytes().to_vec();
        let entries = settings_editor::own_entries(&text, &supported_events::owned_names())?;
        let is_of_another = |entry: &OwnEntry| env.hook_owner(scope, &entry.path, !entry.exec) == HookOwner::Another;
        let (others, entries) = entries.into_iter().partition(is_of_another);
        let mut by_hand = settings_editor::find_wrapped(&text, &supported_events::owned_names());
        by_hand.retain(|line| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here);
        let (file, is_linked) = (settings.path.clone(), shared_settings::find_sharing(env, &settings.path).is_some());
        Ok(Self { scope, file, text, is_linked, entries, others, by_hand })
    }

    /// As [`Wanted`] takes it. A team's settings hold what is others'.
    fn subject(&self) -> SettingsSubject<'_> {
        let Self { scope, is_linked, .. } = *self;
        SettingsSubject { scope, is_linked, text: &self.text, keep_others: scope == Scope::Project }
    }

    /// Whether anything in it starts the executables of this home, or is for this home to set right.
    fn is_ours(&self) -> bool {
        let is_for_us = self.scope != Scope::Project && !self.others.is_empty();
        is_for_us || !self.entries.is_empty() || !self.by_hand.is_empty()
    }
}

/// Everything about the entries, and about what they start.
pub fn check(env: &Environment, wanted: Option<&DesiredState>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut scopes: Vec<ScopeEntries> = Vec::new();
    for scope in SCOPES {
        let file = env.settings_path(scope);
        let settings = match SettingsFile::read_settings(&file) {
            Ok(settings) if settings.seen.is_some() => settings,
            Ok(_) => continue,
            Err(refusal) => {
                findings.push(Finding::new("settings-unusable", refusal.reason, Fix::ByHand).in_file(&file));
                continue;
            }
        };
        // In the home directory, the project's settings are the user's.
        if scopes
            .iter()
            .any(|other| SettingsFile::read_settings(&other.file).is_ok_and(|other| other.real == settings.real))
        {
            continue;
        }
        match ScopeEntries::read_scope(env, scope, &settings) {
            Ok(found) => scopes.push(found),
            Err(refusal) => findings.push(unusable_settings(&file, &refusal)),
        }
    }
    for disabled in disabled_hooks::find_disabled(env) {
        let whose = match disabled.scope {
            None => "whoever administers this computer decided so",
            Some(Scope::Project) => "all who share that file decided so",
            Some(Scope::User | Scope::Local) => "it is a decision that only you can take back",
        };
        let sentence = format!(
            "{} is true in {}: no hook of yours runs; {whose}",
            disabled.setting,
            env.short_path(&disabled.file)
        );
        findings.push(Finding::new("hooks-disabled", sentence, Fix::ByHand).in_file(&disabled.file));
    }
    // Settings that install would refuse cannot be mended by it.
    if let Some(wanted) = wanted {
        for found in scopes.iter().filter(|found| found.scope == Scope::User || found.is_ours()) {
            let refusal = wanted.plan_for(env, &found.subject()).err();
            findings.extend(refusal.map(|refusal| unusable_settings(&found.file, &refusal)));
        }
    }
    findings.extend(
        scopes
            .iter()
            .filter(|found| !is_of_another_config(env, found))
            .filter_map(|found| find_foreign_entries(env, found)),
    );
    scopes.retain(|found| found.is_ours() || is_of_another_config(env, found) && !found.others.is_empty());
    if let (Some(_), true, true) =
        (wanted, scopes.is_empty(), findings.iter().all(|finding| finding.id != "settings-unusable"))
    {
        findings.push(Finding::new(
            "not-installed",
            "the hooks are not registered in any scope".to_owned(),
            Fix::Install(Scope::User),
        ));
    }
    for found in scopes.iter().filter(|found| !is_of_another_config(env, found)) {
        findings.extend(wanted.map(|wanted| find_differences(env, wanted, found)).unwrap_or_default());
        let dead = find_dead_entries(env, found);
        if dead.is_empty() {
            findings.extend(find_failing_entries(env, found));
        }
        findings.extend(dead);
    }
    findings.extend(find_duplicates(env, &scopes));
    findings
}

/// How many events any settings here have our entries for.
pub fn count_events(env: &Environment) -> usize {
    let entries = SCOPES.into_iter().filter_map(|scope| {
        let settings = SettingsFile::read_settings(&env.settings_path(scope)).ok()?;
        settings_editor::own_entries(settings.bytes(), &supported_events::executable_names()).ok()
    });
    entries.flatten().map(|entry| entry.event).collect::<BTreeSet<_>>().len()
}

/// The lines of the user's own that start what is ours, or may: these are right as they are.
pub fn notes(env: &Environment) -> Vec<String> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut notes = Vec::new();
    for scope in SCOPES {
        let Ok(settings) = SettingsFile::read_settings(&env.settings_path(scope)) else { continue };
        if files.contains(&settings.real) {
            continue;
        }
        let file = env.short_path(&settings.path);
        let mentions = directory_mentions::mentions_of_scope(env, scope, settings.bytes());
        let lines = settings_editor::find_wrapped(settings.bytes(), &supported_events::owned_names());
        let is_here = |line: &&WrappedCommand| env.hook_owner(scope, &line.path, line.by_shell) == HookOwner::Here;
        let (here, elsewhere): (Vec<_>, Vec<_>) = lines.iter().partition(is_here);
        let is_told = |line: &&WrappedCommand| mentions.iter().any(|mention| mention.command == line.command);
        let elsewhere: Vec<_> = elsewhere.into_iter().filter(|line| !is_told(line)).collect();
        for (lines, of) in [(here, ""), (elsewhere, ", but not that of this installation")] {
            notes.extend(WrappedLines::from_wrapped(&lines).map(|lines| {
                format!("{} in {file}: {}{of}: {}", lines.events, lines.start_of_sentence(), lines.commands)
            }));
        }
        notes.extend(directory_mentions::list_mentions(&mentions).map(|named| {
            format!("{file} names where the executables lie, and what that starts cannot be told: {named}")
        }));
        files.push(settings.real);
    }
    notes
}

fn unusable_settings(file: &Path, reason: &settings_editor::EditRefusal) -> Finding {
    Finding::new("settings-unusable", format!("{}: {reason}", file.display()), Fix::ByHand).in_file(file)
}

/// Whether these are the settings of the usual config dir, which are a project's for who stands in the home directory
/// and has another: what is registered there is not for this config dir to judge.
fn is_of_another_config(env: &Environment, found: &ScopeEntries) -> bool {
    let usual = env.home.as_ref().map(|home| home.join(".claude"));
    found.scope != Scope::User && usual.is_some_and(|usual| found.file.parent() == Some(&usual) && env.config != usual)
}

/// What install would change.
fn find_differences(env: &Environment, wanted: &DesiredState, found: &ScopeEntries) -> Vec<Finding> {
    let keep_scripts = receipt::load_receipt(env, &found.file).is_some_and(|receipt| receipt.keep_scripts);
    // Where it is refused, that has been told.
    let Ok(plan) = wanted.plan_for(env, &found.subject()) else { return Vec::new() };
    let file = env.short_path(&found.file);
    let finding = |id, sentence: String| {
        // What a team shares does not follow the version or the home of whoever looks.
        if found.scope == Scope::Project {
            let sentence = format!("{sentence}; `hooks install --scope project` changes it, for everybody");
            return Finding::new(id, sentence, Fix::ByHand).in_file(&found.file);
        }
        Finding::new(id, sentence, Fix::Install(found.scope)).in_file(&found.file)
    };
    // One finding for all events that suffer alike.
    let events = |is_it: &dyn Fn(ChangeKind) -> bool| {
        let found = plan.registered.iter().filter(|change| is_it(change.what)).map(|change| change.event.as_str());
        Some(found.collect::<Vec<_>>().join(", ")).filter(|events| !events.is_empty())
    };
    let of_others = if plan.of_others.is_empty() { "" } else { ", in part with the path of another home" };
    let of_entries = [
        events(&|what| what == ChangeKind::Added)
            .map(|events| finding("entry-missing", format!("not registered in {file}: {events}"))),
        events(&|what| what == ChangeKind::Updated).map(|events| {
            let sentence = format!("registered in {file} as another version would{of_others}: {events}");
            Finding { silences: !of_others.is_empty(), ..finding("entry-outdated", sentence) }
        }),
        events(&|what| matches!(what, ChangeKind::Converged(_)))
            .map(|events| finding("entry-duplicated", format!("registered more than once in {file}: {events}"))),
        events(&|what| what == ChangeKind::Removed).map(|events| {
            finding(
                "entry-unknown-event",
                format!("registered in {file}, but this Claude Code does not know it and may drop all hooks of the file: {events}"),
            )
        }),
    ];
    let of_entries = of_entries.into_iter().flatten();
    let of_scripts =
        phrases::describe_scripts(&plan.replaced_scripts).filter(|_| !keep_scripts).map(|(commands, events)| {
            let sentence = format!(
                "still registered in {file} for {events}, and writes the same signals as the executables: {commands}"
            );
            finding("script-beside", sentence)
        });
    let compound = if keep_scripts { Vec::new() } else { wanted.compound_scripts(env, &found.text) };
    let of_compound = phrases::describe_scripts(&compound).map(|(commands, events)| {
        let sentence = format!(
            "{commands} in {file} runs, for {events}, a script that writes the same signals among other things: take it out by hand"
        );
        Finding::new("script-beside", sentence, Fix::ByHand).in_file(&found.file)
    });
    // Beside a line for some tools an entry has to be there, for the others.
    let is_beside = |line: &&WrappedCommand| {
        let starts = |entry: &OwnEntry| [&[entry.path.as_str()], &*as_texts(&entry.args)].concat().join(" ");
        let is_it =
            |entry: &OwnEntry| entry.event == line.event && starts(entry).ends_with(&format!("/{}", line.executable));
        line.for_all && found.entries.iter().any(is_it)
    };
    let of_lines =
        WrappedLines::from_wrapped(&found.by_hand.iter().filter(is_beside).collect::<Vec<_>>()).map(|lines| {
            let sentence = format!(
                "registered in {file}, and {}, too: {}: {}; take one of the two out by hand",
                lines.start_of_sentence(),
                lines.events,
                lines.commands
            );
            Finding::new("entry-duplicated", sentence, Fix::ByHand).in_file(&found.file)
        });
    of_entries.chain(of_scripts).chain(of_compound).chain(of_lines).collect()
}

/// Entries of other homes in a team's settings: those are not for us to change.
fn find_foreign_entries(env: &Environment, found: &ScopeEntries) -> Option<Finding> {
    let first = found.others.first().filter(|_| found.scope == Scope::Project)?;
    let mut events: Vec<&str> = found.others.iter().map(|entry| entry.event.as_str()).collect();
    events.sort_unstable();
    events.dedup();
    let file = env.short_path(&found.file);
    let sentence = format!(
        "{file} registers {} for {}: that is another home's, and does not start here; whoever `hooks install --scope project` is run by makes it serve every home",
        first.path,
        phrases::list_some(events)
    );
    Some(Finding::new("entry-of-another-home", sentence, Fix::ByHand).in_file(&found.file))
}

fn as_texts(strings: &[String]) -> Vec<&str> {
    strings.iter().map(String::as_str).collect()
}

/// Executables that cannot run, or are not those we have.
fn find_dead_entries(env: &Environment, found: &ScopeEntries) -> Vec<Finding> {
    let entries = found.entries.iter().map(|entry| env.program_path(&entry.path, !entry.exec));
    let mut paths: Vec<PathBuf> =
        entries.chain(found.by_hand.iter().map(|line| env.program_path(&line.path, line.by_shell))).collect();
    paths.sort_unstable();
    paths.dedup();
    registered_executables::check(env, &paths, found.scope)
}

/// Each command once, as the CLI runs it; but only those that install wrote. Settings of a project come from anywhere,
/// and what merely looks like ours is not for us to run.
fn find_failing_entries(env: &Environment, found: &ScopeEntries) -> Vec<Finding> {
    let installed = |entry: &&OwnEntry| {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let is_shared = !entry.exec && entry.command == settings_editor::shared_command(name, &as_texts(&entry.args));
        let whole =
            is_shared || executables::command_line(&entry.path, &entry.args) == (entry.command.clone(), entry.exec);
        let is_bare =
            supported_events::owned_names().contains(&&*[&[name.to_owned()], &*entry.args].concat().join(" "));
        let path = env.program_path(&entry.path, is_shared);
        whole && is_bare && path.parent() == Some(&env.executables_dir())
    };
    let registered = found.entries.iter().filter(installed);
    let registered = registered.map(|entry| RegisteredCommand {
        event: &entry.event,
        command: &entry.command,
        args: entry.exec.then(|| entry.args.clone()),
    });
    let problems = smoke_test::start_each_once(env, registered);
    let mend = || if found.scope == Scope::Project { Fix::Copy } else { Fix::Install(found.scope) };
    problems.into_iter().map(|problem| Finding::new("executable-fails", problem, mend())).collect()
}

/// The same event in more than one scope: the hook would run once for each.
fn find_duplicates(env: &Environment, scopes: &[ScopeEntries]) -> Vec<Finding> {
    let Some((first, others)) = scopes.split_first() else { return Vec::new() };
    let finding = |other: &ScopeEntries| {
        // As measured with 2.0.50 to 2.1.330: of lines that are alike to the letter one is run.
        let is_alike = other.entries.iter().all(|entry| first.entries.contains(entry));
        let what = if is_alike && other.others.is_empty() {
            "the lines are alike, so Claude Code runs one of the two"
        } else {
            "each event is signalled twice"
        };
        let (first, other_file) = (env.short_path(&first.file), env.short_path(&other.file));
        let sentence = format!("the hooks are registered in {first} and in {other_file}: {what}");
        // A team's settings are not for one of them to change.
        let is_mine = other.scope != Scope::Project && !is_of_another_config(env, other);
        let mend = if is_mine { Fix::Uninstall(other.scope) } else { Fix::ByHand };
        Finding::new("entry-in-two-scopes", sentence, mend).in_file(&other.file)
    };
    let entries = |found: &'_ ScopeEntries| found.entries.iter().chain(&found.others).cloned().collect::<Vec<_>>();
    others
        .iter()
        .filter(|other| {
            // Other homes' do nothing here; those of this home's other config dir do.
            let of_other = if is_of_another_config(env, other) { entries(other) } else { other.entries.clone() };
            of_other.iter().any(|entry| first.entries.iter().any(|of_first| of_first.event == entry.event))
        })
        .map(finding)
        .collect()
}
