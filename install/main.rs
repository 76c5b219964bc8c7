//! `hooks`: installs the session-signals executables into Claude Code, removes them again, and finds what is wrong with them.

mod atomic_file;
mod backup;
mod child_process;
mod cli_version;
mod command_line;
mod desired_state;
mod diff;
mod directory_mentions;
mod disabled_hooks;
mod doctor;
mod environment;
mod executables;
mod file_access;
mod file_attributes;
mod file_mode;
mod file_owner;
mod hook_owner;
mod install;
mod install_warnings;
mod interrupted_runs;
mod login_shell;
mod open_writer;
mod output;
mod paint;
mod paths;
mod phrases;
mod plugin;
mod receipt;
mod refusal;
mod release_version;
mod remaining_uses;
mod report;
mod script;
mod search_path;
mod service;
mod settings_editor;
mod settings_file;
mod settings_transaction;
mod shared_settings;
mod signal_dir;
mod smoke_test;
mod supported_events;
mod uninstall;
mod uninstall_plan;
mod uninstall_preview;
mod user_files;
mod windows_drives;
mod write_fault;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use command_line::{Arguments, Command};
use environment::Environment;
use report::Report;
use session_signals_cli::ExitStatus;
use session_signals_cli::generate::run_generate;

fn main() -> ExitCode {
    run().into()
}

fn run() -> ExitStatus {
    let command = Arguments::parse().command;
    if let Command::Generate { what } = command {
        return run_generate(Arguments::command(), &what);
    }
    let env = match Environment::read() {
        Ok(env) => Environment { force: command.is_forced(), ..env },
        Err(refusal) => {
            output::print_error_lines(&[format!("hooks: {}", output::harmless(&refusal.reason))]);
            return ExitStatus::Failure;
        }
    };
    match command {
        Command::Install(options) => {
            let mut report = Report::new("install", options.scope, env.settings_path(options.scope), options.dry_run);
            let result = install::run_install(&env, &options, &mut report);
            report.finish(&env, options.json, result)
        }
        Command::Uninstall(options) => {
            let mut report = Report::new("uninstall", options.scope, env.settings_path(options.scope), options.dry_run);
            let result = uninstall::run_uninstall(&env, &options, &mut report);
            report.finish(&env, options.json, result)
        }
        Command::Doctor(options) => doctor::run_doctor(&env, &options),
        Command::Generate { .. } => unreachable!("it has returned above"),
    }
}
