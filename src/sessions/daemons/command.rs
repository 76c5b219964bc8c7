//! `sessions daemons …`

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use session_signals_protocol::session_id::is_session_id;

/// What can be done.
#[derive(Subcommand)]
pub enum DaemonsCommand {
    /// Start a session's daemons, unless they run
    ///
    /// As a `SessionStart` hook it reads which session on standard input, and its daemons end with that CLI. By hand,
    /// name the session, and with --pid the process whose end ends them.
    Start(StartOptions),
    /// End a session's daemons, and no other's
    ///
    /// As a `SessionEnd` hook it reads which session on standard input.
    Stop(StopOptions),
    /// Say what every session's daemons do
    List(ListOptions),
    /// Guard one session's daemons.
    #[command(hide = true)]
    Guard(SupervisorOptions),
    /// Become a daemon.
    #[command(hide = true)]
    Exec {
        /// Whose child this is.
        #[arg(long)]
        guard: u32,
        /// What to become.
        #[arg(last = true)]
        command: Vec<OsString>,
    },
}

/// `sessions daemons start`
#[derive(Args)]
pub struct StartOptions {
    /// The session, where no hook's JSON says it
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
    /// The process whose end ends them; without it, only `stop` does
    #[arg(long, value_name = "PID", requires = "session")]
    pub pid: Option<u32>,
    /// The project's directory, where they run; without it, this one
    #[arg(long, value_name = "DIR", requires = "session")]
    pub project: Option<PathBuf>,
}

/// `sessions daemons stop`
#[derive(Args)]
pub struct StopOptions {
    /// The session, where no hook's JSON says it
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
}

/// `sessions daemons list`
#[derive(Args)]
pub struct ListOptions {
    /// Only this session's
    #[arg(long, value_name = "ID", value_parser = parse_session_id)]
    pub session: Option<String>,
    /// Print an array of objects (documented in docs/json.md)
    #[arg(long)]
    pub json: bool,
}

/// `sessions daemons guard`
#[derive(Args)]
pub struct SupervisorOptions {
    /// The session.
    #[arg(long, value_parser = parse_session_id)]
    pub session: String,
    /// The CLI's process.
    #[arg(long)]
    pub pid: Option<u32>,
    /// When that started.
    #[arg(long)]
    pub start: Option<u64>,
    /// The project's directory.
    #[arg(long)]
    pub project: PathBuf,
}

fn parse_session_id(id: &str) -> Result<String, String> {
    let told = "a session's id has 1 to 128 letters, digits, _ and -";
    is_session_id(id.as_bytes()).then(|| id.to_owned()).ok_or_else(|| told.to_owned())
}
