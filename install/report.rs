//! The report of install and uninstall, for people and for programs.

use std::path::PathBuf;

use serde::Serialize;
use session_signals_cli::ExitStatus;

use crate::environment::Environment;
use crate::output::{self, JSON_FORMAT};
use crate::paint::Paint;
use crate::paths::Scope;
use crate::phrases;
use crate::plugin;
use crate::refusal::Refusal;
use crate::release_version;
use crate::settings_editor::{ChangeKind, EditPlan, HookChange, ReplacedScript, WrappedCommand};

/// How a run ended. The exit code tells the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// There was nothing to do.
    Unchanged,
    /// Nothing was done: the settings are as they were.
    Refused,
    /// The settings were changed, but another part of the work failed.
    Partly,
}

/// What became of the entry of one event.
#[derive(Serialize)]
pub struct ReportEntry {
    event: String,
    command: String,
    change: &'static str,
}

/// An event that is not registered, because the CLI does not know it.
#[derive(Serialize)]
pub struct LeftOutEvent {
    /// The name of the event.
    pub event: &'static str,
    /// The first version of the CLI with which it is registered.
    pub since: String,
}

/// The report of one run, as `--json` prints it. `hooks install --help` documents the members.
#[derive(Serialize)]
pub struct Report {
    pub format: u32,
    pub outcome: Outcome,
    pub command: &'static str,
    pub dry_run: bool,
    pub scope: Scope,
    pub file: PathBuf,
    pub claude: Option<String>,
    pub events: Vec<ReportEntry>,
    pub left_out: Vec<LeftOutEvent>,
    pub replaced: Vec<ReplacedScript>,
    pub executables: Option<PathBuf>,
    pub copied: Vec<PathBuf>,
    pub former: Option<String>,
    pub backup: Option<PathBuf>,
    pub service: Option<PathBuf>,
    pub plugin: Option<PathBuf>,
    pub links: Vec<PathBuf>,
    pub completions: Vec<PathBuf>,
    pub diff: Option<String>,
    pub warnings: Vec<String>,
    pub problems: Vec<String>,
    pub reason: Option<String>,
    pub snippet: Option<String>,
    /// Whether a setting turns all hooks off.
    #[serde(skip)]
    pub disabled: bool,
    /// The user's own commands that start our executables.
    #[serde(skip)]
    pub by_hand: Vec<WrappedCommand>,
    /// The entries of other homes that were changed.
    #[serde(skip)]
    pub of_others: Vec<ReplacedScript>,
    /// Whether the settings were changed.
    #[serde(skip)]
    changed: bool,
}

impl Report {
    /// Makes the report of a run that has done nothing yet.
    #[must_use]
    pub fn new(command: &'static str, scope: Scope, file: PathBuf, dry_run: bool) -> Self {
        Self {
            format: JSON_FORMAT,
            outcome: Outcome::Unchanged,
            command,
            dry_run,
            scope,
            file,
            claude: None,
            events: Vec::new(),
            left_out: Vec::new(),
            replaced: Vec::new(),
            executables: None,
            copied: Vec::new(),
            former: None,
            backup: None,
            service: None,
            plugin: None,
            links: Vec::new(),
            completions: Vec::new(),
            diff: None,
            warnings: Vec::new(),
            problems: Vec::new(),
            reason: None,
            snippet: None,
            disabled: false,
            by_hand: Vec::new(),
            of_others: Vec::new(),
            changed: false,
        }
    }

    /// Adds what a plan changes.
    pub fn add_plan(&mut self, plan: &EditPlan) {
        self.changed |= plan.is_change();
        self.events = plan.registered.iter().map(ReportEntry::from_change).collect();
        self.by_hand.clone_from(&plan.by_hand);
        self.of_others.clone_from(&plan.of_others);
        self.replaced.clone_from(&plan.replaced_scripts);
    }

    fn has_done_something(&self) -> bool {
        let has_user_files = !self.links.is_empty() || !self.completions.is_empty();
        self.changed || self.service.is_some() || self.plugin.is_some() || has_user_files || !self.copied.is_empty()
    }

    /// Prints the report and returns the exit status.
    #[must_use]
    pub fn finish(mut self, env: &Environment, json: bool, result: Result<(), Refusal>) -> ExitStatus {
        self.outcome = match &result {
            Err(_) => Outcome::Refused,
            Ok(()) if !self.problems.is_empty() => Outcome::Partly,
            Ok(()) if self.has_done_something() => Outcome::Done,
            Ok(()) => Outcome::Unchanged,
        };
        if let Err(refusal) = result {
            self.reason = Some(refusal.reason);
            self.snippet = refusal.snippet;
        }
        if json {
            output::print_json(&self);
        } else if self.outcome == Outcome::Refused {
            self.print_refusal(env);
        } else {
            self.print_report(env);
        }
        match self.outcome {
            Outcome::Done | Outcome::Unchanged => ExitStatus::Success,
            Outcome::Refused => ExitStatus::Failure,
            Outcome::Partly => ExitStatus::Incomplete,
        }
    }

    fn print_refusal(&self, env: &Environment) {
        let reason = output::harmless(self.reason.as_deref().unwrap_or_default());
        let mut lines = vec![format!("hooks {}: {reason}", self.command)];
        if let Some(snippet) = &self.snippet {
            let file = output::harmless(&self.file.display().to_string());
            let folder = env.short_path(&env.executables_dir());
            lines.push(match &self.executables {
                Some(_) => format!("The settings were not changed; the executables are in {folder}."),
                None => format!(
                    "The settings were not changed, and no executables were copied. `hooks install` copies them to {folder} if it can."
                ),
            });
            lines.push(format!("To register the hooks by hand, merge this into {file}:"));
            lines.push(snippet.trim_end().to_owned());
            // The snippet fills a screen, so the reason is repeated after it.
            lines.push(format!("hooks {}: the settings were not changed: {reason}", self.command));
        }
        output::print_error_lines(&lines);
    }

    fn print_report(&self, env: &Environment) {
        let paint = Paint(env.wants_colour);
        match self.diff.as_deref() {
            Some("") => output::print_error_lines(&[format!("{} would stay as it is", env.short_path(&self.file))]),
            // Standard output gets nothing but the diff, so that `patch` can read it.
            Some(diff) => output::print_text(diff),
            None => output::print_lines(&self.summary_lines(env, paint)),
        }
        for (label, sentences) in [(paint.warning("warning:"), &self.warnings), (paint.bad("error:"), &self.problems)] {
            output::print_error_lines(
                &sentences.iter().map(|sentence| format!("{label} {}", output::harmless(sentence))).collect::<Vec<_>>(),
            );
        }
    }

    fn summary_lines(&self, env: &Environment, paint: Paint) -> Vec<String> {
        let file = env.short_path(&self.file);
        let claude = self.claude.as_ref().map(|version| format!(" for Claude Code {version}")).unwrap_or_default();
        let mut lines = vec![match (self.command, self.changed) {
            ("install", true) => format!("{} in {file}{claude}", paint.good("Installed")),
            ("install", false) => format!("Already installed in {file}{claude}"),
            (_, true) => format!("{} from {file}", paint.good("Uninstalled")),
            (_, false) => format!("Not installed in {file}"),
        }];
        lines.extend(self.events.iter().map(|entry| {
            let name = entry.command.rsplit('/').next().unwrap_or_default().replace('\'', "");
            // In an entry of shared settings, more words follow the name.
            let name = name.split('"').next().unwrap_or_default();
            format!("  {:<19} {name:<23} {}", entry.event, paint.dim(entry.change))
        }));
        if !self.left_out.is_empty() {
            let names: Vec<String> =
                self.left_out.iter().map(|left| format!("{} ({})", left.event, left.since)).collect();
            let reason = if self.claude.is_some() { "with this version" } else { "because the version is unknown" };
            lines.push(format!("Left out {reason}: {}", names.join(", ")));
        }
        let replaced =
            |script: &ReplacedScript| format!("Replaced in {}: {}", script.event, output::harmless(&script.command));
        lines.extend(self.replaced.iter().map(replaced));
        if let Some(executables) = self.executables.as_ref().filter(|_| !self.copied.is_empty()) {
            let former = self.former.as_deref().map(|former| match former {
                release_version::UNKNOWN_VERSION => ", in place of a build that names no version".to_owned(),
                release_version::OUR_VERSION => format!(", in place of another build of {former}"),
                _ => format!(", in place of version {former}"),
            });
            let former = former.unwrap_or_default();
            lines.push(format!("Executables: {} ({} new{former})", env.short_path(executables), self.copied.len()));
        }
        let service = self.service.iter().map(|file| {
            let shown = env.short_path(file);
            if file.exists() {
                format!("Service: {shown}, on http://127.0.0.1:4450")
            } else {
                format!("Service removed: {shown}")
            }
        });
        lines.extend(service);
        let plugin = self.plugin.iter().map(|dir| {
            let shown = env.short_path(dir);
            if plugin::is_installed(env) {
                format!("Plugin: {shown}; a session loads it when it starts")
            } else {
                format!("Plugin removed: {shown}")
            }
        });
        lines.extend(plugin);
        for (name, paths) in [("Links", &self.links), ("Completions and man pages", &self.completions)] {
            let (written, removed): (Vec<&PathBuf>, Vec<&PathBuf>) =
                paths.iter().partition(|path| path.symlink_metadata().is_ok());
            for (paths, what) in [(written, ""), (removed, " removed")] {
                let paths: Vec<String> = paths.iter().map(|path| env.short_path(path)).collect();
                let list = phrases::list_some(paths.iter().map(String::as_str));
                lines.extend((!paths.is_empty()).then(|| format!("{name}{what}: {list}")));
            }
        }
        lines.extend(self.backup.iter().map(|backup| format!("Backup: {}", env.short_path(backup))));
        if self.command == "install" && self.changed && self.problems.is_empty() && !self.disabled {
            let signal_dir = env.short_path(&env.signal_dir());
            lines.push(format!("From its next prompt on, every session writes to {signal_dir} what it is doing."));
            lines.push(
                "If an open session writes nothing, restart it. `hooks doctor` checks the installation.".to_owned(),
            );
        }
        lines
    }
}

impl ReportEntry {
    fn from_change(change: &HookChange) -> Self {
        let word = match change.what {
            ChangeKind::Added => "added",
            ChangeKind::Kept => "kept",
            ChangeKind::Updated => "updated",
            ChangeKind::Converged(_) => "converged",
            ChangeKind::Removed => "removed",
        };
        Self { event: change.event.clone(), command: change.command.clone(), change: word }
    }
}
