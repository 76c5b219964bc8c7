//! The command line of `sessions daemons`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use session_signals_protocol::session_id::is_session_id;

/// The subcommands.
#[derive(Subcommand)]
pub enum DaemonsCommand {
    /// Start the daemons of a session, unless they run already
    #[command(after_help = "\
As a SessionStart hook, this command reads the session from the JSON on standard
input. The daemons end with the Claude Code that ran the hook. By hand, give the
session with --session. With --pid, the daemons end when that process ends, and
without it only when `stop` ends them. Without --project, they run in the
directory $CLAUDE_PROJECT_DIR, or else in the current one.")]
    Start(StartOptions),
    /// End the daemons of a session
    #[command(after_help = "\
As a SessionEnd hook, this command reads the session from the JSON on standard
input.")]
    Stop(StopOptions),
    /// List the daemons of all sessions
    List(ListOptions),
    /// Supervise the daemons of one session. `start` runs this.
    #[command(hide = true)]
    Supervise(SuperviseOptions),
    /// Become a daemon. The supervisor runs this.
    #[command(hide = true)]
    Exec {
        /// The PID of the supervisor.
        #[arg(long)]
        supervisor: u32,
        /// The daemon's program and arguments.
        #[arg(last = true)]
        command: Vec<OsString>,
    },
}

/// The options of `sessions daemons start`.
#[derive(Args)]
pub struct StartOptions {
    /// The session; without it, the JSON of a hook names it
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
    /// End the daemons when this process ends
    #[arg(long, value_name = "PID", requires = "session")]
    pub pid: Option<u32>,
    /// The project's directory, in which the daemons run
    #[arg(long, value_name = "DIR", requires = "session")]
    pub project: Option<PathBuf>,
}

/// The options of `sessions daemons stop`.
#[derive(Args)]
pub struct StopOptions {
    /// The session; without it, the JSON of a hook names it
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
}

/// The options of `sessions daemons list`.
#[derive(Args)]
pub struct ListOptions {
    /// List the daemons of this session only
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
    /// Print a JSON array with one object per daemon
    #[arg(long)]
    pub json: bool,
}

/// The options of `sessions daemons supervise`.
#[derive(Args)]
pub struct SuperviseOptions {
    /// The session.
    #[arg(long, value_parser = parse_session_id)]
    pub session: String,
    /// The PID of the CLI.
    #[arg(long)]
    pub pid: Option<u32>,
    /// The start time of the CLI, in clock ticks since boot.
    #[arg(long)]
    pub start: Option<u64>,
    /// The project's directory.
    #[arg(long)]
    pub project: PathBuf,
}

fn parse_session_id(id: &str) -> Result<String, String> {
    let rule = "a session id has 1 to 128 letters, digits, _ and -";
    is_session_id(id.as_bytes()).then(|| id.to_owned()).ok_or_else(|| rule.to_owned())
}
