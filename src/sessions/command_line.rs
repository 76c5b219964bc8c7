//! The command line of `sessions`.

use clap::{Args, Parser, Subcommand};

use crate::daemons;

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
  sessions --json | jq -r '.[] | select(.state == \"permission\").cwd'
  sessions daemons list             list the daemons of every session

Exit codes:
  0  everything was done
  1  something could not be done; the reason is on standard error
  2  the command line was wrong"
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
