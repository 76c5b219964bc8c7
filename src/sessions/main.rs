//! `sessions`: the truth about every session.

mod command_line;
mod daemons;
mod display_text;
mod environment;
mod list;
mod serve;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod watch;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use command_line::Command;

fn main() -> ExitCode {
    let cli = command_line::Arguments::parse();
    let result = match cli.command {
        Some(Command::Serve(serve)) => serve::run_server(&serve),
        Some(Command::Daemons { command }) => daemons::run(command),
        None if cli.list.watch => watch::run_watch(&cli.list),
        None => list::print_sessions(&cli.list),
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
