//! The executable `sessions` shows what every Claude Code session is doing.

mod command_line;
mod daemons;
mod display_text;
mod environment;
mod events;
mod line;
mod line_format;
mod list;
mod model;
mod report_result;
mod serve;
mod session_table;
mod terminal;
#[cfg(test)]
mod tests;
mod text_table;
mod wait;
mod wait_for_descriptor;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;
use command_line::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Wait(options)) => return report_result::report_status(wait::run_wait(&options)).into(),
        Some(Command::Serve(options)) => serve::run_server(&options),
        Some(Command::Line(options)) => line::print_line(&options),
        Some(Command::Events(options)) => events::print_events(&options),
        Some(Command::Daemons { command }) => daemons::run(command),
        None if arguments.list.watch => watch::run_watch(&arguments.list),
        None => list::print_sessions(&arguments.list),
    };
    report_result::report_result(result).into()
}
