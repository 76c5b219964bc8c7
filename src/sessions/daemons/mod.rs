//! Companions that live and die with their session: `<config dir>/session-daemons.json` lists them, `SessionStart` starts
//! a set for its session, `SessionEnd` ends that one, and the end of the CLI does, too, however it comes.
//!
//! Each set has a [`guard`]: one small process that starts its daemons, starts them again, and ends them. Whether it
//! lives is said by a [`lock`] that it holds, never by a PID; only its own children are ever signalled by PID.

pub mod command;
mod config;
mod daemon;
mod daemon_environment;
mod daemon_log;
mod ended_signal;
mod env_file;
mod exec;
mod find_program;
mod hook_input;
mod list;
mod paths;
mod platform;
mod process_handle;
mod reap_orphans;
mod restart;
mod session_lock;
mod set_state;
mod shutdown;
mod spawn;
mod start;
mod stop;
mod supervisor;
#[cfg(test)]
mod tests;
mod wakeups;

use std::io;

pub use reap_orphans::reap_orphans;

use process_handle::ProcessHandle;

/// Does it.
///
/// # Errors
/// Whatever kept it from being done.
pub fn run(command: command::DaemonsCommand) -> io::Result<()> {
    match command {
        command::DaemonsCommand::Start(options) => start::start_daemons(&options),
        command::DaemonsCommand::Stop(options) => stop::stop_daemons(&options),
        command::DaemonsCommand::List(options) => list::print_list(&options),
        command::DaemonsCommand::Guard(command::SupervisorOptions { session, pid, start, project }) => {
            supervisor::supervise(supervisor::SupervisorOrders {
                session,
                claude: pid.map(|pid| ProcessHandle { pid, start }),
                project,
            })
        }
        command::DaemonsCommand::Exec { guard, command } => exec::exec_command(guard, &command),
    }
}
