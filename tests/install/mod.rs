//! `hooks`: what it does to the settings, and what it never does.

mod cleanup;
mod command_line;
mod completions;
mod concurrent_changes;
mod doctor;
mod file_attributes;
mod file_owner;
mod harmless_output;
pub mod installation;
mod installing;
mod interrupted_runs;
mod kill_points;
mod killed_hooks;
mod links;
mod open_writers;
mod plugin;
mod real_claude;
mod refusals;
mod release_versions;
mod renaming_editors;
mod replaced_files;
mod replaced_scripts;
mod service;
mod shared_settings;
mod shell_lines;
mod shells;
mod signal_files;
mod small_build;
mod stand_alone_plugin;
mod supported_events;
mod traced_run;
mod uninstall;
mod user_file_kills;
mod wrapped_commands;

/// How many cases of one test run at the same time.
const WORKERS: usize = 4;

/// Checks all cases of a test, several of them at the same time. Most of the time of a case is spent waiting.
fn run_side_by_side<T: Sync>(cases: &[T], check: impl Fn(&T) + Sync) {
    crate::sandbox::run_side_by_side(WORKERS, cases, check);
}
