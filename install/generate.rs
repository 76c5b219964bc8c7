//! Shell completions and man pages, made of the command line's own description.

use std::io;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::command_line::{Arguments, Generated};

/// Prints it: a shell's completions, or the man page of `hooks` or of one of its subcommands.
#[must_use]
pub fn print_generated(what: Generated, page: Option<&str>) -> ExitCode {
    let mut command = Arguments::command();
    let shell = match what {
        Generated::Man => return print_man_page(command, page),
        Generated::Bash => Shell::Bash,
        Generated::Elvish => Shell::Elvish,
        Generated::Fish => Shell::Fish,
        Generated::Powershell => Shell::PowerShell,
        Generated::Zsh => Shell::Zsh,
    };
    clap_complete::generate(shell, &mut command, "hooks", &mut io::stdout());
    ExitCode::SUCCESS
}

fn print_man_page(mut command: clap::Command, page: Option<&str>) -> ExitCode {
    command.build();
    let found = match page {
        None => Some(&command),
        Some(page) => command.get_subcommands().find(|subcommand| subcommand.get_name() == page),
    };
    let Some(found) = found else {
        eprintln!("hooks generate: there is no subcommand {:?}", page.unwrap_or_default());
        return ExitCode::from(2);
    };
    match clap_mangen::Man::new(found.clone()).render(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
