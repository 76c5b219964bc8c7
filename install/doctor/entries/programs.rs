//! The executables that entries start: whether they are there, and whether they run.

use std::path::PathBuf;

use session_signals_cli::FindingId;

use super::super::finding::{Finding, Repair};
use super::super::registered_executables;
use super::scope_entries::ScopeEntries;
use crate::environment::Environment;
use crate::paths::Scope;
use crate::settings_editor::OwnEntry;
use crate::smoke_test::{self, RegisteredCommand};
use crate::{executables, supported_events};

/// Finds executables that cannot run, or that differ from ours.
pub fn find_dead_entries(env: &Environment, entries: &ScopeEntries) -> Vec<Finding> {
    let of_entries = entries.entries.iter().map(|entry| env.program_path(&entry.path, !entry.exec));
    let of_wrapped = entries.wrapped.iter().map(|line| env.program_path(&line.path, line.by_shell));
    let mut paths: Vec<PathBuf> = of_entries.chain(of_wrapped).collect();
    paths.sort_unstable();
    paths.dedup();
    registered_executables::check(env, &paths, entries.scope)
}

/// Starts each entry once as the CLI does, and finds those that fail. Only entries that install wrote are started: settings of
/// a project may come from anywhere, and an entry that only looks like ours must not be run.
pub fn find_failing_entries(env: &Environment, entries: &ScopeEntries) -> Vec<Finding> {
    let registered = entries.entries.iter().filter(|entry| is_as_installed(env, entry));
    let registered = registered.map(|entry| RegisteredCommand {
        event: &entry.event,
        command: &entry.command,
        args: entry.exec.then(|| entry.args.clone()),
    });
    let problems = match smoke_test::start_each_once(env, registered) {
        Ok(problems) => problems,
        // Nothing is known about the executables, so there is nothing to repair.
        Err(reason) => return vec![Finding::new(FindingId::ExecutableFails, reason, Repair::ByHand)],
    };
    let repair = || match entries.scope {
        Scope::Project => Repair::CopyExecutables,
        scope => Repair::Install(scope),
    };
    problems.into_iter().map(|problem| Finding::new(FindingId::ExecutableFails, problem, repair())).collect()
}

/// Returns whether an entry is exactly as install writes it, and starts an executable in our directory.
fn is_as_installed(env: &Environment, entry: &OwnEntry) -> bool {
    let name = entry.path.rsplit('/').next().unwrap_or_default();
    let args: Vec<&str> = entry.args.iter().map(String::as_str).collect();
    let is_shared = entry.is_shared();
    let is_plain = executables::command_line(&entry.path, &args) == (entry.command.clone(), entry.exec);
    let program = [&[name], &*args].concat().join(" ");
    (is_shared || is_plain)
        && supported_events::owned_names().contains(&&*program)
        && env.program_path(&entry.path, is_shared).parent() == Some(&env.executables_dir())
}
