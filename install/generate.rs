//! `hooks generate`: shell completions and man pages, made from the definition of the command line.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;
use session_signals_cli::ExitStatus;

use crate::command_line::{Arguments, Generated};

/// Prints the completions of a shell, or the man page of `hooks` or of one of its subcommands.
#[must_use]
pub fn print_generated(what: Generated, page: Option<&str>) -> ExitStatus {
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
    ExitStatus::Success
}

fn print_man_page(mut command: clap::Command, page: Option<&str>) -> ExitStatus {
    command.build();
    let subcommand = match page {
        None => Some(&command),
        Some(page) => command.get_subcommands().find(|subcommand| subcommand.get_name() == page),
    };
    let Some(subcommand) = subcommand else {
        eprintln!("hooks generate: there is no subcommand {:?}", page.unwrap_or_default());
        return ExitStatus::Usage;
    };
    match clap_mangen::Man::new(subcommand.clone()).render(&mut io::stdout()) {
        Ok(()) => ExitStatus::Success,
        Err(_) => ExitStatus::Failure,
    }
}
