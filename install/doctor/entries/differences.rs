//! Differences between the entries and what install would register.

use session_signals_cli::FindingId;

use super::super::finding::{Finding, Repair};
use super::scope_entries::ScopeEntries;
use crate::desired_state::DesiredState;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::phrases::{self, WrappedLines};
use crate::receipt;
use crate::settings_editor::{ChangeKind, EditPlan, OwnEntry, WrappedCommand};

/// Finds what install would change in these settings, and what the user has to change.
pub fn find_differences(env: &Environment, desired: &DesiredState, entries: &ScopeEntries) -> Vec<Finding> {
    let keep_scripts = receipt::load_receipt(env, &entries.file).is_some_and(|receipt| receipt.keep_scripts);
    // If the settings are refused, there is a finding for that already.
    let Some(plan) = &entries.plan else { return Vec::new() };
    let mut findings = entry_findings(env, entries, plan);
    if !keep_scripts {
        findings.extend(script_findings(env, desired, entries, plan));
    }
    findings.extend(find_entries_beside_wrapped(env, entries));
    findings
}

/// Makes a finding that install can repair. It does not change the settings of a project without being asked, because the
/// change is for everybody who shares them.
fn repairable_finding(entries: &ScopeEntries, id: FindingId, sentence: String) -> Finding {
    let (sentence, repair) = match entries.scope {
        Scope::Project => {
            (format!("{sentence}; `hooks install --scope project` changes it, for everybody"), Repair::ByHand)
        }
        scope => (sentence, Repair::Install(scope)),
    };
    Finding::new(id, sentence, repair).in_file(&entries.file)
}

/// Makes one finding for all events whose entries install would change in the same way.
fn entry_findings(env: &Environment, entries: &ScopeEntries, plan: &EditPlan) -> Vec<Finding> {
    let file = env.short_path(&entries.file);
    let finding = |is_kind: fn(ChangeKind) -> bool, id, text: &str| {
        let changes = plan.registered.iter().filter(|change| is_kind(change.what));
        let events: Vec<&str> = changes.map(|change| change.event.as_str()).collect();
        (!events.is_empty()).then(|| repairable_finding(entries, id, format!("{text}: {}", events.join(", "))))
    };
    let of_others = if plan.of_others.is_empty() { "" } else { ", in part with the path of another home" };
    let outdated = finding(
        |kind| kind == ChangeKind::Updated,
        FindingId::EntryOutdated,
        &format!("registered in {file} as another version does it{of_others}"),
    );
    [
        finding(|kind| kind == ChangeKind::Added, FindingId::EntryMissing, &format!("not registered in {file}")),
        outdated.map(|outdated| Finding { silences: !of_others.is_empty(), ..outdated }),
        finding(
            |kind| matches!(kind, ChangeKind::Converged(_)),
            FindingId::EntryDuplicated,
            &format!("registered more than once in {file}"),
        ),
        finding(
            |kind| kind == ChangeKind::Removed,
            FindingId::EntryUnknownEvent,
            &format!(
                "registered in {file}, but this Claude Code does not know it and may ignore all hooks of the file"
            ),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Finds scripts that write the same signals: those that install would replace, and those that the user has to remove.
fn script_findings(
    env: &Environment,
    desired: &DesiredState,
    entries: &ScopeEntries,
    plan: &EditPlan,
) -> impl Iterator<Item = Finding> {
    let file = env.short_path(&entries.file);
    let replaceable = phrases::describe_scripts(&plan.replaced_scripts).map(|(commands, events)| {
        let sentence = format!(
            "still registered in {file} for {events}, and writes the same signals as the executables: {commands}"
        );
        repairable_finding(entries, FindingId::ScriptBeside, sentence)
    });
    let compound = desired.compound_scripts(env, &entries.text);
    let compound = phrases::describe_scripts(&compound).map(|(commands, events)| {
        let sentence = format!(
            "{commands} in {file} runs, for {events}, a script that writes the same signals, and other things: remove the script from it by hand"
        );
        Finding::new(FindingId::ScriptBeside, sentence, Repair::ByHand).in_file(&entries.file)
    });
    replaceable.into_iter().chain(compound)
}

/// Finds entries for events that a command of the user's own handles, too. A command that is registered for some tools only
/// needs the entry for the other tools.
fn find_entries_beside_wrapped(env: &Environment, entries: &ScopeEntries) -> Option<Finding> {
    let has_entry = |line: &&WrappedCommand| {
        let program = |entry: &OwnEntry| [std::slice::from_ref(&entry.path), &*entry.args].concat().join(" ");
        let is_same =
            |entry: &OwnEntry| entry.event == line.event && program(entry).ends_with(&format!("/{}", line.executable));
        line.for_all && entries.entries.iter().any(is_same)
    };
    let lines = entries.wrapped.iter().filter(has_entry).collect::<Vec<_>>();
    WrappedLines::from_wrapped(&lines).map(|lines| {
        let sentence = format!(
            "registered in {}, and {}, too: {}: {}; remove one of the two by hand",
            env.short_path(&entries.file),
            lines.start_of_sentence(),
            lines.events,
            lines.commands
        );
        Finding::new(FindingId::EntryDuplicated, sentence, Repair::ByHand).in_file(&entries.file)
    })
}

/// Finds entries of other homes in the settings of a project. They are not changed without being asked.
pub fn find_foreign_entries(env: &Environment, entries: &ScopeEntries) -> Option<Finding> {
    let first = entries.others.first().filter(|_| entries.scope == Scope::Project)?;
    let mut events: Vec<&str> = entries.others.iter().map(|entry| entry.event.as_str()).collect();
    events.sort_unstable();
    events.dedup();
    let sentence = format!(
        "{} registers {} for {}. It belongs to another home and does not start here. If one of you runs `hooks install --scope project`, it works in every home",
        env.short_path(&entries.file),
        first.path,
        phrases::list_some(events)
    );
    Some(Finding::new(FindingId::EntryOfAnotherHome, sentence, Repair::ByHand).in_file(&entries.file))
}
