//! The command line.

use clap::{Args, Parser, Subcommand};

use crate::daemons;

/// What every Claude Code session is doing: which works, which needs approval, which waits, which has ended.
#[derive(Parser)]
#[command(
    name = "sessions",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  sessions                          who needs you, and who works
  sessions --watch                  the same, redrawn on every change
  sessions serve                    the same in a browser, at http://127.0.0.1:4450/
  sessions --json | jq -r '.[] | select(.state == \"permission\").cwd'
  sessions daemons list             the companions of every session

Exit codes: 0 done, 1 it could not be done, 2 wrong usage."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub list: ListOptions,
}

/// What else there is.
#[derive(Subcommand)]
pub enum Command {
    Serve(ServeOptions),
    /// Companions that live and die with their session
    Daemons {
        #[command(subcommand)]
        command: daemons::command::DaemonsCommand,
    },
}

/// Stay, and answer on a loopback port: / is a live page, /sessions a stream of every change
#[derive(Args)]
pub struct ServeOptions {
    /// The port on loopback; 0 takes one that is free
    #[arg(long, default_value_t = 4450)]
    pub port: u16,
}

/// Options of the list.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct ListOptions {
    /// Show the sessions that have ended, too
    #[arg(long)]
    pub all: bool,
    /// Print an array of objects (documented in the README)
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// Stay, and redraw on every change; q or Ctrl-C leaves
    #[arg(long)]
    pub watch: bool,
    /// Say on stderr how many files were passed over because they make no sense
    #[arg(long)]
    pub verbose: bool,
}
