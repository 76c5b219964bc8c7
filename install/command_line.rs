//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::paths::Scope;

const EXAMPLES: &str = "\
Examples:
  hooks install                  for you, in every project
  hooks install --dry-run        show the change, change nothing
  hooks doctor --fix             find what is wrong, and mend it
  hooks uninstall                give the settings back as they were

Exit codes:
  0  done, or nothing to do; doctor: healthy
  1  refused, the settings are as they were; doctor: something is wrong
  2  the command line was wrong
  3  partly done: the settings were changed, but something failed";

const JSON: &str = "\
JSON (--json), one object; what does not apply is null or empty:
  outcome       \"done\", \"unchanged\", \"refused\" or \"partly\"
  command       \"install\" or \"uninstall\"
  dry_run       true with --dry-run: nothing was changed
  scope, file   whose settings, and where they are
  claude        the version of the CLI, null where it is unknown
  events        [{event, command, change}]; change is \"added\", \"updated\",
                \"kept\", \"converged\" or \"removed\"
  left_out      [{event, since}]: registered from version `since` on
  replaced      [{event, command}]: the scripts that were taken out
  executables   the directory they were copied to
  copied        those that were not there yet, or were others
  former        the version of those that were others, \"unknown\" where
                nothing says it; it may be the same: another build
  backup        the settings as they were
  service       the description of the service that was written or removed
  diff          with --dry-run: the unified diff
  warnings      sentences
  problems      sentences; any makes the outcome \"partly\"
  reason        why it was refused
  snippet       what to paste instead";

const FINDINGS: &str = "\
JSON (--json), one object:
  healthy       true where there are no findings
  claude        the version of the CLI, null where it is unknown
  findings      [{id, sentence, path, fix}]; fix says what --fix does, or null
  mended        with --fix: [{id, sentence, path, fix}] that are gone
  problems      with --fix: sentences on what could not be mended
  notes         sentences on what is right as it is, but good to know

Exit codes: 0 healthy, 1 findings are left, 2 the command line was wrong.";

/// Make every Claude Code session publish what it is doing
#[derive(Parser)]
#[command(name = "hooks", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Subcommand)]
pub enum Command {
    /// Copy the hook executables and register them in settings.json
    #[command(after_long_help = JSON)]
    Install(InstallOptions),
    /// Take them out again; untouched settings get their very bytes back
    #[command(after_long_help = JSON)]
    Uninstall(UninstallOptions),
    /// Say what keeps the hooks from working
    #[command(after_long_help = FINDINGS)]
    Doctor(DoctorOptions),
    /// Print shell completions or a man page
    #[command(hide = true)]
    Generate {
        /// What to print.
        what: Generated,
        /// The man page of this subcommand.
        page: Option<String>,
    },
}

impl Command {
    /// Whether `--force` was given.
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

/// `hooks install`
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct InstallOptions {
    /// Whose settings: yours, this project's, or yours in this project
    #[arg(long, value_enum, default_value_t = Scope::User, value_name = "user|project|local", hide_possible_values = true)]
    pub scope: Scope,
    /// Print the exact change as a unified diff, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Start and end the daemons of session-daemons.json with each session
    #[arg(long)]
    pub daemons: bool,
    /// Leave the scripts registered that the executables replace
    #[arg(long)]
    pub keep_scripts: bool,
    /// Run `sessions serve` now and at every login: systemd or launchd
    #[arg(long)]
    pub service: bool,
    /// Stop that service and remove it
    #[arg(long, conflicts_with = "service")]
    pub no_service: bool,
    // Not --force: in a container root always gives that.
    /// Go back to this version where a newer one is installed
    #[arg(long)]
    pub downgrade: bool,
    /// As root, go on in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// `hooks uninstall`
#[derive(Args)]
pub struct UninstallOptions {
    /// Whose settings: yours, this project's, or yours in this project
    #[arg(long, value_enum, default_value_t = Scope::User, value_name = "user|project|local", hide_possible_values = true)]
    pub scope: Scope,
    /// Print the exact change as a unified diff, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// As root, go on in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the report as JSON
    #[arg(long)]
    pub json: bool,
}

/// `hooks doctor`
#[derive(Args)]
pub struct DoctorOptions {
    /// Mend what can be mended without asking you
    #[arg(long)]
    pub fix: bool,
    /// As root, go on in another user's home or project
    #[arg(long)]
    pub force: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `hooks generate` prints.
#[derive(Clone, Copy, ValueEnum)]
pub enum Generated {
    Man,
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}
