//! `sessions`: the truth about every session.

mod cli;
mod daemons;
mod environment;
mod humanise;
mod list;
mod screen;
mod serve;
mod table;
#[cfg(test)]
mod tests;
mod watch;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use cli::Command;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let result = match cli.command {
        Some(Command::Serve(serve)) => serve::run(&serve),
        Some(Command::Daemons { command }) => daemons::run(command),
        None if cli.list.watch => watch::run(&cli.list),
        None => list::run(&cli.list),
    };
    match result {
        // The reader has had enough, as with `sessions | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody can be told, the exit code still says it.
            let _ = writeln!(io::stderr(), "sessions: {error}");
            ExitCode::FAILURE
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}
