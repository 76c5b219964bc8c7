//! Daemons of a session: processes that start and end with it.
//!
//! `<config dir>/session-daemons.json` lists them. The `SessionStart` hook starts all of them for its session, and the
//! `SessionEnd` hook ends those of its session. They also end when the CLI dies, whatever killed it.
//!
//! The daemons of one session are called a set. Each set has a [`supervisor`], a small process that starts the daemons, restarts
//! them, and ends them. A supervisor is alive if it holds its [`session_lock`]. A PID in a file proves nothing: the only process that
//! is signalled by a PID from a file is a supervisor, and only while it holds the lock.

pub mod command;
mod config;
mod daemon;
mod daemon_environment;
mod daemon_log;
mod ended_signal;
mod env_file;
mod exec;
mod hook_input;
mod io_context;
mod list;
mod paths;
mod platform;
mod process_handle;
mod process_watch;
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

pub use platform::open_pidfd;
pub use reap_orphans::reap_orphans_of;

use command::{DaemonsCommand, SuperviseOptions};
use process_handle::ProcessHandle;

/// Runs a subcommand of `sessions daemons`.
///
/// # Errors
/// The error of the subcommand.
pub fn run(command: DaemonsCommand) -> io::Result<()> {
    match command {
        DaemonsCommand::Start(options) => start::start_daemons(&options),
        DaemonsCommand::Stop(options) => stop::stop_daemons(&options),
        DaemonsCommand::List(options) => list::print_list(&options),
        DaemonsCommand::Supervise(SuperviseOptions { session, pid, start, project }) => {
            let claude = pid.map(|pid| ProcessHandle { pid, start });
            supervisor::supervise(supervisor::SupervisorRequest { session, claude, project })
        }
        DaemonsCommand::Exec { supervisor, command } => exec::exec_command(supervisor, &command),
    }
}
