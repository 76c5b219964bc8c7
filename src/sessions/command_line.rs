//! The command line of `sessions`.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::daemons;
use crate::line_format::LineFormat;

/// Show what every Claude Code session is doing
///
/// A session works, needs your approval, waits for your next prompt, or has
/// ended. `sessions` finds this out from the signal files that the hooks write,
/// from the files that Claude Code itself writes, and from the running processes.
/// Listing sessions changes no file.
///
/// With `--json`, the member "state" of a session is "working", "permission",
/// "waiting" or "ended". The member "status" has the words that session
/// dashboards expect. A session dashboard is a program that shows all sessions of
/// a machine in one window, for example claude-code-ui. In its words, "waiting"
/// is also a session that needs approval, and "idle" means that the session has
/// ended.
#[derive(Parser)]
#[command(
    name = "sessions",
    version,
    verbatim_doc_comment,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  sessions                          list the open sessions; those that need you come first
  sessions --watch                  show the same list, and redraw it on every change
  sessions serve                    show the sessions in a browser, at http://127.0.0.1:4450/
  sessions line                     print one short line, for a status bar
  sessions wait                     wait until a session needs you
  sessions --json | jq -r '.[] | select(.state == \"permission\").cwd'
  sessions daemons list             list the daemons of every session

Exit codes:
  0  everything was done
  1  something could not be done; the reason is on standard error
  2  the command line was wrong
  3  `sessions wait`: the time was over"
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub list: ListOptions,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    Serve(ServeOptions),
    Line(LineOptions),
    Wait(WaitOptions),
    Events(EventsOptions),
    /// Start, stop and list daemons: programs that start and end with a session
    Daemons {
        #[command(subcommand)]
        command: daemons::command::DaemonsCommand,
    },
}

/// Serve a live page and a stream of all changes on a port of this machine
///
/// `/` is a page that shows every session and follows the changes. `/sessions` is
/// a stream of JSON messages, one for each change of a session, in the Durable
/// Streams protocol. It is meant for session dashboards: programs that show all
/// sessions of a machine in one window, for example claude-code-ui. In a message,
/// a session whose "status" is "idle" has ended.
///
/// Only programs of this machine can connect, and they can only read.
///
/// While the server runs, it also repairs the signal directory: it replaces a
/// signal that is no longer true, for example after you interrupted a turn, and
/// removes the signals of sessions that ended long ago (never transcripts). Each
/// repair is a line on standard error.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  sessions serve
  curl -s http://127.0.0.1:4450/sessions | jq '.[] | select(.value.state == \"permission\")'
  curl -N 'http://127.0.0.1:4450/sessions?offset=-1&live=sse'"
)]
pub struct ServeOptions {
    /// The port; 0 takes a port that is free
    #[arg(long, default_value_t = 4450)]
    pub port: u16,
}

/// Print in one short line how many sessions need you and how many work
///
/// For a status bar, a shell prompt or the statusLine of Claude Code. ▲ are the
/// sessions that need approval, ◆ those that wait for your next prompt, ● those
/// that work. What is zero is left out, so the line is empty if no session is open.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Fields of --format:
  {approval} {waiting} {working}    how many sessions there are of ▲, ◆ and ●
  {need}                            how many need you: ▲ and ◆ together
  {started}                         how many were started and have had no prompt yet
  {open}                            how many are open
  {next} {age}                      the project that needs you first, and for how long

Examples:
  sessions line
  sessions line --format '{need} need you'
  tmux set -g status-right '#(sessions line --tmux)'"
)]
pub struct LineOptions {
    /// Print this text, with the values of its fields
    #[arg(long, value_name = "TEXT")]
    pub format: Option<LineFormat>,
    /// Add the colours of tmux
    #[arg(long)]
    pub tmux: bool,
}

/// Wait until a session is in a state, and print the session
///
/// If a session is in the state already, it is printed at once. Of several sessions,
/// the one that is first in the list is printed. A session that was started and has
/// had no prompt yet does not need you.
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  sessions wait && notify-send 'A session needs you'
  sessions wait --for ended --session 7f3a2c1b
  sessions wait --for approval --timeout 10m --json

Exit codes:
  0  a session is in the state
  1  it could not be found out; the reason is on standard error
  2  the command line was wrong
  3  the time was over"
)]
pub struct WaitOptions {
    /// The state
    #[arg(long = "for", value_name = "STATE", default_value = "need", requires_if("ended", "session"))]
    pub wanted: WantedState,
    /// Wait for this session only. The beginning of its id is enough
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub session: Option<String>,
    /// Wait at most this long, for example 90s, 10m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Print the session as JSON; docs/json.md describes its members
    #[arg(long)]
    pub json: bool,
}

/// The states that `sessions wait` waits for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WantedState {
    /// It needs approval, or waits for your next prompt
    Need,
    /// A call needs approval
    Approval,
    /// It waits for your next prompt
    Waiting,
    /// It works
    Working,
    /// It has ended; needs --session
    Ended,
}

/// Print a line of JSON for each change of a session, until the reader goes away
///
/// First comes a line for each open session, with the operation "insert". Then each
/// change is an "update", and a session of which nothing is known any more is a
/// "delete". The lines are like the messages of `sessions serve`: docs/json.md
/// describes them. A session that ends is an "update" with the state "ended".
#[derive(Args)]
#[command(
    verbatim_doc_comment,
    after_help = "\
Examples:
  sessions events --json | jq --unbuffered -r 'select(.value.state == \"permission\") | .value.cwd'"
)]
pub struct EventsOptions {
    /// Print JSON; there is no other output
    #[arg(long, required = true)]
    pub json: bool,
    /// Begin with the sessions that have ended, too
    #[arg(long)]
    pub all: bool,
}

/// The options of the list.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct ListOptions {
    /// List the sessions that have ended, too
    #[arg(long)]
    pub all: bool,
    /// Print a JSON array with one object for each session; docs/json.md describes its members
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// Redraw the list on every change, until you press q or Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Print on standard error how many files were skipped because they could not be understood
    #[arg(long)]
    pub verbose: bool,
}
