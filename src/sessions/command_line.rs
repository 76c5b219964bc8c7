//! The command line of `sessions`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, Parser, Subcommand, ValueEnum};
use session_signals_cli::generate::Generated;

use crate::bucket::{HostName, PublishText, ServerUrl};
use crate::daemons;
use crate::line_format::LineFormat;
use crate::machines::MachineOptions;
use crate::notify::{NoticeText, NotifyTarget};

/// Show what every Claude Code session is doing
#[derive(Parser)]
#[command(
    name = "sessions",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    override_usage = "sessions [OPTIONS] [COMMAND]",
    // Without a line between the first two, all fits a screen.
    help_template = "{about}\n{usage-heading} {usage}\n\n{all-args}{after-help}",
    after_help = "\
Exit codes: 0 done, 1 something failed, 2 wrong command line, 3 partly done"
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
    Jump(JumpOptions),
    Next(NextOptions),
    Notify(NotifyOptions),
    /// Start, stop and list daemons: programs that run beside a session
    Daemons {
        #[command(subcommand)]
        command: daemons::command::DaemonsCommand,
    },
    /// Make shell completions and man pages
    #[command(hide = true)]
    Generate {
        /// What to make.
        #[command(subcommand)]
        what: Generated,
    },
}

/// Serve a live page and a stream of all changes on this machine
#[derive(Args)]
// Here nobody is called without --notify. `sessions notify` always calls.
#[command(mut_arg("after", |after: Arg| after.requires("notify")))]
#[command(mut_arg("notify_text", |text: Arg| text.requires("notify")))]
#[command(after_help = "\
/ is a page that shows every session, /sessions a stream of JSON messages in the
Durable Streams protocol, for session dashboards. Only programs of this machine
can connect. The server also replaces signals that are no longer true, and
removes those of sessions that ended long ago. docs/serve.md has the details.

Example:
  curl -N 'http://127.0.0.1:4450/sessions?offset=-1&live=sse'")]
pub struct ServeOptions {
    /// The port; 0 takes any free port
    #[arg(long, default_value_t = 4450)]
    pub port: u16,
    #[command(flatten)]
    pub machines: MachineOptions,
    /// Call you, as `sessions notify` does
    #[arg(long, value_name = "TARGET")]
    pub notify: Vec<NotifyTarget>,
    #[command(flatten)]
    pub notices: NoticeOptions,
    #[command(flatten)]
    pub publish: PublishOptions,
    /// Serve on if nothing can be published
    #[arg(long, requires = "server")]
    pub keep_serving: bool,
    /// Only say whether these options can be used: `hooks install` asks before it starts the service
    #[arg(long, hide = true)]
    pub check: bool,
}

/// The options of what is published to other machines.
#[derive(Args)]
pub struct PublishOptions {
    /// Publish to this NATS server; see docs/publish.md
    #[arg(long, value_name = "URL", value_delimiter = ',', group = "server")]
    pub publish: Vec<ServerUrl>,
    /// The name of this machine there
    #[arg(long, value_name = "NAME", requires = "publish")]
    pub host: Option<HostName>,
    /// full: with prompts and answers
    #[arg(long, value_name = "TEXT", default_value = "none", hide_possible_values = true, requires = "publish")]
    pub publish_text: PublishText,
    /// The seconds between two beats
    #[arg(long, hide = true, requires = "publish", default_value_t = 30)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=600))]
    pub beat: u64,
}

/// How a NATS server knows this machine.
#[derive(Args, Clone, Default)]
pub struct LoginOptions {
    /// The file the NATS server knows you by; mode 600
    // The help of some commands has no room for it.
    #[arg(long, value_name = "FILE", hide = true, requires = "server")]
    pub credentials: Option<PathBuf>,
}

/// Call you when a session begins to need you
#[derive(Args)]
#[command(after_help = "\
Targets:
  desktop        a notice of the desktop
  bell           the bell of this terminal
  exec:PROGRAM   run a program with the notice as JSON on its standard input

There is one notice for each need. It is withdrawn when the need is over.
docs/notices.md says when you are called.

Examples:
  sessions notify --notify bell --after 30s
  sessions notify --notify 'exec:my-notifier --urgent' --notify-text none")]
pub struct NotifyOptions {
    /// How to call you; may be repeated
    #[arg(long, value_name = "TARGET", default_value = "desktop")]
    pub notify: Vec<NotifyTarget>,
    #[command(flatten)]
    pub machines: MachineOptions,
    #[command(flatten)]
    pub notices: NoticeOptions,
}

/// The options of notices.
#[derive(Args)]
pub struct NoticeOptions {
    /// Call if you are needed for so long
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub after: Duration,
    /// none: show no calls or answers
    #[arg(long, value_name = "TEXT", default_value = "all", hide_possible_values = true)]
    pub notify_text: NoticeText,
}

/// Print in one short line how many sessions need you and how many work
#[derive(Args)]
#[command(after_help = "\
▲ are the sessions that need approval, ◆ those that wait for your next prompt,
● those that work. What is zero is left out.

Fields of --format:
  {approval} {waiting} {working}  how many sessions there are of ▲, ◆ and ●
  {need}                          how many need you: ▲ and ◆ together
  {started}                       how many have had no prompt yet
  {open}                          how many are open
  {next} {age}                    what needs you first, and for how long

Examples:
  sessions line --format '{need} need you'
  tmux set -g status-right '#(sessions line --tmux)'")]
pub struct LineOptions {
    /// Print this text, with the values of its fields
    #[arg(long, value_name = "TEXT")]
    pub format: Option<LineFormat>,
    /// Add the colours of tmux
    #[arg(long)]
    pub tmux: bool,
    #[command(flatten)]
    pub machines: MachineOptions,
}

/// Wait until a session is in a state, and print the session
#[derive(Args)]
#[command(after_help = "\
States: need (approval or waiting), approval, waiting, working, and, only with
--session, ended. A session that is in the state already is printed at once.

Examples:
  sessions wait && notify-send 'A session needs you'
  sessions wait --for approval --timeout 10m --json

Exit codes: 0 a session is in the state, 1 it could not be found out,
2 wrong command line, 3 the time was over")]
pub struct WaitOptions {
    /// The state
    #[arg(long = "for", value_name = "STATE", default_value = "need", requires_if("ended", "session"))]
    #[arg(hide_possible_values = true)]
    pub wanted: WantedState,
    /// Wait for this session; the beginning of its id is enough
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub session: Option<String>,
    /// Wait at most this long, for example 90s, 10m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub timeout: Option<Duration>,
    /// Print the session as JSON; see docs/json.md
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub machines: MachineOptions,
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

/// Print a line of JSON for each change, until the reader goes away
#[derive(Args)]
#[command(after_help = "\
First comes a line for each open session, with the operation \"insert\". Then each
change is an \"update\", also to the state \"ended\". A session of which nothing is
known any more is a \"delete\". docs/json.md describes the lines.

Example:
  sessions events --json | jq --unbuffered -r '.value.state'")]
pub struct EventsOptions {
    /// Print JSON; there is no other output
    #[arg(long, required = true)]
    pub json: bool,
    /// Begin with the sessions that have ended, too
    #[arg(long)]
    pub all: bool,
    /// Print a line when the first sessions are printed
    #[arg(long)]
    pub mark: bool,
    #[command(flatten)]
    pub machines: MachineOptions,
}

/// Bring the terminal of a session to the front
#[derive(Args)]
#[command(after_help = "\
It works for tmux, zellij, kitty and WezTerm, and on macOS also for iTerm2,
Terminal and Ghostty. If the terminal cannot be found or takes no commands, the
error says where the session is and what to type. See docs/jump.md.

Exit codes:
  0  the terminal is in front
  1  it could not be found; the reason is on standard error
  2  the command line was wrong
  3  the pane is selected, but its window is not in front; or the terminal is in
     front, and another session could not be read")]
pub struct JumpOptions {
    /// The id of the session, or the beginning of it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub id: String,
    #[command(flatten)]
    pub output: JumpOutput,
}

/// Jump to the session that has needed you for the longest time
#[derive(Args)]
#[command(after_help = "\
A session needs you if a call needs approval or it waits for your next prompt.
A session whose terminal cannot be brought to the front is reported and passed
over. The exit codes are those of `sessions jump`; 1 also says that no session
needs you.

Example:
  tmux bind-key g run-shell 'sessions next 2>&1'")]
pub struct NextOptions {
    #[command(flatten)]
    pub output: JumpOutput,
    #[command(flatten)]
    pub machines: MachineOptions,
}

/// What `sessions jump` and `sessions next` do and print.
#[derive(Args, Clone, Copy)]
pub struct JumpOutput {
    /// Only print the commands for the terminal
    #[arg(long, visible_alias = "print")]
    pub dry_run: bool,
    /// Print what was done as JSON; see docs/jump.md
    #[arg(long)]
    pub json: bool,
}

/// The options of the list.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct ListOptions {
    /// List the sessions that have ended, too
    #[arg(long)]
    pub all: bool,
    /// Print a JSON array of sessions; see docs/json.md
    #[arg(long, conflicts_with = "watch")]
    pub json: bool,
    /// Follow the changes; ? shows the keys, q leaves
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub machines: MachineOptions,
    /// Say how many files could not be understood
    #[arg(long, conflicts_with = "watch")]
    pub verbose: bool,
}
