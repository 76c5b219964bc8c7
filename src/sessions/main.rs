//! The executable `sessions` shows what every Claude Code session is doing.

mod bucket;
mod command_line;
mod daemons;
mod display_text;
mod distinct;
mod environment;
mod events;
mod find_program;
mod jump;
mod line;
mod line_format;
mod list;
mod machines;
#[cfg(any(target_os = "macos", test))]
mod macos;
mod model;
mod notify;
#[cfg(target_os = "linux")]
mod procfs;
mod program_command;
mod reading_gaps;
mod remote;
mod report_result;
mod resume_command;
mod serve;
mod session_prefix;
mod session_table;
mod terminals;
#[cfg(test)]
mod tests;
mod text_table;
mod wait;
mod wait_for_descriptor;
mod watch;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use command_line::{Arguments, Command};
use session_signals_cli::ExitStatus;
use session_signals_cli::generate::run_generate;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = |result: io::Result<()>| result.map(|()| ExitStatus::Success);
    let result = match arguments.command {
        Some(Command::Serve(options)) => done(serve::run_server(&options)),
        Some(Command::Line(options)) => line::print_line(&options),
        Some(Command::Wait(options)) => wait::run_wait(&options),
        Some(Command::Events(options)) => done(events::print_events(&options)),
        Some(Command::Jump(options)) => jump::jump_to_session(&options),
        Some(Command::Next(options)) => jump::jump_to_next(&options),
        Some(Command::Notify(options)) => done(notify::run_notify(&options)),
        Some(Command::Daemons { command }) => done(daemons::run(command)),
        Some(Command::Generate { what }) => Ok(run_generate(Arguments::command(), &what)),
        None if arguments.list.watch => done(watch::run_watch(&arguments.list)),
        None => list::print_sessions(&arguments.list),
    };
    remote::end_connections();
    report_result::report_result(result).into()
}
