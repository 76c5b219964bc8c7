//! Companions that live and die with their session: `<config dir>/session-daemons.json` lists them, `SessionStart` starts
//! a set for its session, `SessionEnd` ends that one, and the end of the CLI does, too, however it comes.
//!
//! Each set has a [`guard`]: one small process that starts its daemons, starts them again, and ends them. Whether it
//! lives is said by a [`lock`] that it holds, never by a PID; only its own children are ever signalled by PID.

pub mod cli;
mod config;
mod daemon;
mod ended;
mod ending;
mod env_file;
mod exec;
mod guard;
mod hook;
mod list;
mod lock;
mod log;
mod marker;
mod news;
mod place;
mod platform;
mod process;
mod program;
mod restart;
mod spawn;
mod start;
mod state;
mod stop;
mod sweep;
#[cfg(test)]
mod tests;

use std::io;

pub use sweep::sweep;

use process::Process;

/// Does it.
///
/// # Errors
/// Whatever kept it from being done.
pub fn run(command: cli::Daemons) -> io::Result<()> {
    match command {
        cli::Daemons::Start(options) => start::run(&options),
        cli::Daemons::Stop(options) => stop::run(&options),
        cli::Daemons::List(options) => list::run(&options),
        cli::Daemons::Guard(cli::Guard { session, pid, start, project }) => {
            guard::run(guard::Orders { session, claude: pid.map(|pid| Process { pid, start }), project })
        }
        cli::Daemons::Exec { guard, command } => exec::run(guard, &command),
    }
}
