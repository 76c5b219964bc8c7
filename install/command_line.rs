//! The definition of the command line, and its help.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use session_signals_cli::generate::Generated;

use crate::paths::Scope;

const EXAMPLES: &str = "\
Examples:
  hooks install                  install the hooks for yourself, in all projects
  hooks install --dry-run        show the change, and change nothing
  hooks doctor --fix             find what is wrong, and repair it
  hooks uninstall                remove the hooks, and restore the settings

Exit codes:
  0  done, or nothing to do; doctor: nothing is wrong
  1  nothing was done, see the reason; doctor: something is (still) wrong
  2  the command line was wrong
  3  partly done: the settings are as you asked, but something else failed";

const REPORT_JSON: &str = "\
JSON (--json), one object; a member that does not apply is null or empty:
  format        1, the version of this format
  outcome       \"done\", \"unchanged\", \"refused\" or \"partly\"
  command       \"install\" or \"uninstall\"
  dry_run       true with --dry-run: nothing was changed
  scope, file   the scope of the settings, and their path
  claude        the version of Claude Code; null if it is unknown
  events        [{event, command, change}]; change is \"added\", \"updated\",
                \"kept\", \"converged\" or \"removed\"
  left_out      [{event, since}]: registered from version `since` on
  replaced      [{event, command}]: the scripts that were removed
  executables   the directory of the executables
  copied        the executables that were missing or different before
  former        the version of those that were different, \"unknown\" if no
                file names it; another build may have the same version
  backup        the backup of the settings
  service       the file of the service that was written or removed
  plugin        the folder of the plugin that was written or removed
  links         the links to `sessions` and `hooks` that were made or removed
  completions   the completions and man pages that were written or removed
  diff          with --dry-run: the unified diff
  warnings      sentences
  problems      sentences; if there are any, the outcome is \"partly\"
  reason        why nothing was done
  snippet       the entries to paste instead";

const DOCTOR_JSON: &str = "\
JSON (--json), one object:
  format        1, the version of this format
  healthy       true if there are no findings and no problems
  claude        the version of Claude Code; null if it is unknown
  findings      [{id, sentence, path, fix}]; fix says what --fix does, or null
  mended        with --fix: the findings that were repaired
  problems      with --fix: sentences on what could not be repaired
  notes         sentences on what is not wrong, but good to know

docs/json.md describes the object that --cost prints.

Exit codes: 0 nothing is wrong, 1 something is wrong, 2 the command line was
wrong.";

/// Install, check and remove the hooks that record what Claude Code sessions do
#[derive(Parser)]
#[command(name = "hooks", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Subcommand)]
pub enum Command {
    /// Copy the hook executables and register them in settings.json
    #[command(after_long_help = REPORT_JSON)]
    Install(InstallOptions),
    /// Remove the hooks, and restore the settings if nobody changed them
    #[command(after_long_help = REPORT_JSON)]
    Uninstall(UninstallOptions),
    /// Find what keeps the hooks from working
    #[command(after_long_help = DOCTOR_JSON)]
    Doctor(DoctorOptions),
    /// Make shell completions and man pages
    #[command(hide = true)]
    Generate {
        /// What to make.
        #[command(subcommand)]
        what: Generated,
    },
}

impl Command {
    /// Returns whether `--force` was given.
    #[must_use]
    pub fn is_forced(&self) -> bool {
        match self {
            Self::Install(options) => options.force,
            Self::Uninstall(options) => options.force,
            Self::Doctor(options) => options.force,
            Self::Generate { .. } => false,
        }
    }
}

/// The options of `hooks install`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is an option")]
pub struct InstallOptions {
    /// Which settings.
    /// user: yours, for all projects;
    /// project: shared by all who use this project;
    /// local: yours, for this project only
    #[arg(long, verbatim_doc_comment, value_enum, default_value_t = Scope::User, value_name = "user|project|local", hide_possible_values = true)]
    pub scope: Scope,
    /// Print the exact change as a unified diff, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Start and stop the daemons of session-daemons.json with each session
    #[arg(long)]
    pub daemons: bool,
    /// Keep scripts of session dashboards such as claude-code-ui registered
    #[arg(long)]
    pub keep_scripts: bool,
    /// Run `sessions serve` now and at every login: systemd or launchd
    #[arg(long)]
    pub service: bool,
    /// Stop that service and remove it
    #[arg(long, conflicts_with = "service")]
    pub no_service: bool,
    /// Let that service call you when a session begins to need you.
    /// desktop: a notice of the desktop; none: do not call any more
    #[arg(
        long,
        verbatim_doc_comment,
        requires = "service",
        value_enum,
        value_name = "desktop|none",
        hide_possible_values = true
    )]
    pub notify: Option<ServiceNotices>,
    #[command(flatten)]
    pub sharing: SharingOptions,
    /// Add the plugin, which tells approvals, denials and Esc at once
    #[arg(long)]
    pub plugin: bool,
    /// Remove that plugin
    #[arg(long, conflicts_with = "plugin")]
    pub no_plugin: bool,
    /// Link `sessions` and `hooks` in this folder, not in ~/.local/bin
    #[arg(long, value_name = "DIR")]
    pub bin_dir: Option<PathBuf>,
    /// Make no links to `sessions` and `hooks`, and remove ours
    #[arg(long, conflicts_with = "bin_dir")]
    pub no_links: bool,
    /// Add completions of bash, zsh and fish, and man pages
    #[arg(long)]
    pub completions: bool,
    /// Remove these completions and man pages
    #[arg(long, conflicts_with = "completions")]
    pub no_completions: bool,
    // It is not --force, because root in a container gives --force in any case.
    /// Replace a newer installed version by this one
    #[arg(long)]
    pub downgrade: bool,
    /// As root, continue in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// The options of `hooks uninstall`.
#[derive(Args)]
pub struct UninstallOptions {
    /// Which settings.
    /// user: yours, for all projects;
    /// project: shared by all who use this project;
    /// local: yours, for this project only
    #[arg(long, verbatim_doc_comment, value_enum, default_value_t = Scope::User, value_name = "user|project|local", hide_possible_values = true)]
    pub scope: Scope,
    /// Print the exact change as a unified diff, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// As root, continue in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// The options of `hooks doctor`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each of them is an option")]
pub struct DoctorOptions {
    /// Repair everything that needs no decision from you
    #[arg(long)]
    pub fix: bool,
    /// As root, continue in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
    /// Rank everybody's hooks by what they cost a turn
    #[arg(long, conflicts_with = "fix")]
    pub cost: bool,
    /// How many days --cost looks back
    #[arg(long, requires = "cost", default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub days: u32,
}

/// What the service shares with other machines. The options are those of `sessions serve`.
#[derive(Args, Default)]
#[command(group(ArgGroup::new("servers").args(["publish", "from"]).multiple(true)))]
pub struct SharingOptions {
    /// Let that service publish to this NATS server.
    /// none: do not publish any more
    #[arg(long, verbatim_doc_comment, requires = "service", value_name = "URL|none", value_parser = parse_server_url)]
    pub publish: Option<String>,
    /// The name of this machine there
    #[arg(long, requires = "publish", value_name = "NAME")]
    pub host: Option<String>,
    /// full: publish prompts, answers and calls, too
    #[arg(long, requires = "publish", value_name = "none|full", value_parser = ["none", "full"], hide_possible_values = true)]
    pub publish_text: Option<String>,
    /// Let that service show what other machines publish.
    /// none: show only this machine
    #[arg(long, verbatim_doc_comment, requires = "service", value_name = "URL|none", value_parser = parse_server_url)]
    pub from: Option<String>,
    /// The file that the NATS server knows you by
    #[arg(long, requires = "servers", value_name = "FILE")]
    pub credentials: Option<PathBuf>,
}

/// Takes the address of a server as `sessions serve` takes it, as far as its beginning tells, and `none`.
fn parse_server_url(text: &str) -> Result<String, &'static str> {
    let is_url = |url: &str| (url.starts_with("tls://") || url.starts_with("nats://")) && !url.contains('@');
    if text == "none" || text.split(',').all(is_url) {
        return Ok(text.to_owned());
    }
    Err("the address of the server begins with tls:// or, on this machine, nats://, and holds no password")
}

/// How the service calls the user. A service has no terminal whose bell it could ring.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServiceNotices {
    /// A notice of the desktop.
    Desktop,
    /// Not at all.
    None,
}
