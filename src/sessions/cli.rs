//! The command line.

use clap::{Args, Parser};

/// What every Claude Code session is doing: which works, which needs approval, which waits, which has ended.
#[derive(Parser)]
#[command(
    name = "sessions",
    version,
    after_help = "\
Examples:
  sessions                          who needs you, and who works
  sessions --watch                  the same, redrawn on every change
  sessions --json | jq -r '.[] | select(.state == \"permission\").cwd'

Exit codes: 0 done, 1 it could not be done, 2 wrong usage."
)]
pub struct Cli {
    #[command(flatten)]
    pub list: List,
}

/// Options of the list.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct List {
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
