//! Events that are registered in more than one scope. Each entry runs, so each event is signalled more than once.

use session_signals_cli::FindingId;

use super::super::finding::{Finding, Repair};
use super::scope_entries::ScopeEntries;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor::OwnEntry;

/// Finds the scopes that register the same events as the widest scope.
pub fn find_overlaps(env: &Environment, scopes: &[ScopeEntries]) -> Vec<Finding> {
    let Some((first, others)) = scopes.split_first() else { return Vec::new() };
    let is_overlap = |other: &&ScopeEntries| {
        let is_same_event = |entry: &OwnEntry| first.entries.iter().any(|of_first| of_first.event == entry.event);
        // Entries of other homes do nothing here, but those of another configuration directory of this home run.
        let runs_others = other.is_of_another_config(env);
        other.entries.iter().chain(other.others.iter().filter(|_| runs_others)).any(is_same_event)
    };
    others.iter().filter(is_overlap).map(|other| overlap_finding(env, first, other)).collect()
}

fn overlap_finding(env: &Environment, first: &ScopeEntries, other: &ScopeEntries) -> Finding {
    // Measured with 2.0.50 to 2.1.330: if two commands are equal, the CLI runs one of them.
    let is_equal = other.entries.iter().all(|entry| first.entries.contains(entry)) && other.others.is_empty();
    let effect = if is_equal {
        "the commands are equal, so Claude Code runs one of the two"
    } else {
        "each event is handled twice"
    };
    let (first_file, other_file) = (env.short_path(&first.file), env.short_path(&other.file));
    let sentence = format!("the hooks are registered in {first_file} and in {other_file}: {effect}");
    // `--fix` does not change the settings of a team.
    let is_own = other.scope != Scope::Project && !other.is_of_another_config(env);
    let repair = if is_own { Repair::Uninstall(other.scope) } else { Repair::ByHand };
    Finding::new(FindingId::EntryInTwoScopes, sentence, repair).in_file(&other.file)
}
