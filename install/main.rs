//! `hooks`: installs the session-signals executables into Claude Code, takes them out again, and says what is wrong with them.

mod attributes;
mod backup;
mod child;
mod claude;
mod cli;
mod colour;
mod commit;
mod diff;
mod disabled;
mod doctor;
mod editor;
mod env;
mod events;
mod executables;
mod generate;
mod install;
mod linked;
mod mentions;
mod owner;
mod paths;
mod receipt;
mod refusal;
mod replace;
mod report;
mod script;
mod service;
mod settings;
mod spool;
mod tryout;
mod uninstall;
mod version;
mod wanted;
mod wording;
mod writer;

use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use report::Report;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if let Command::Generate { what, page } = command {
        return generate::print(what, page.as_deref());
    }
    let env = match env::Env::read() {
        Ok(env) => env::Env { force: command.is_forced(), ..env },
        Err(refusal) => {
            report::print_error(&[format!("hooks: {refusal}")]);
            return ExitCode::FAILURE;
        }
    };
    match command {
        Command::Install(options) => {
            let mut report = Report::new("install", options.scope, env.settings(options.scope), options.dry_run);
            let result = install::run(&env, &options, &mut report);
            report.finish(&env, options.json, result)
        }
        Command::Uninstall(options) => {
            let mut report = Report::new("uninstall", options.scope, env.settings(options.scope), options.dry_run);
            let result = uninstall::run(&env, &options, &mut report);
            report.finish(&env, options.json, result)
        }
        Command::Doctor(options) => doctor::run(&env, &options),
        Command::Generate { .. } => unreachable!("returned above"),
    }
}
