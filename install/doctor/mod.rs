//! `hooks doctor`: checks everything that the hooks need, and repairs what does not need a decision of the user.

mod cost;
mod entries;
mod finding;
mod interrupted_runs;
mod plugin;
mod registered_executables;
mod repair;
mod root_owned;
mod service;
mod sessions;
mod signals;
mod temporaries;
mod user_files;

use serde::Serialize;
use session_signals_cli::{ExitStatus, FindingId, NEWEST_TESTED_CLI};
use session_signals_protocol::EVENT_RULES;

use crate::cli_version::CliVersion;
use crate::command_line::DoctorOptions;
use crate::desired_state::DesiredState;
use crate::environment::Environment;
use crate::output::{self, JSON_FORMAT};
use crate::paint::Paint;
use crate::paths::Scope;
use crate::{file_owner, install_warnings, release_version};
use finding::{Finding, Repair};

/// The result of doctor, as `--json` prints it. `hooks doctor --help` documents the members.
#[derive(Serialize)]
struct Checkup {
    format: u32,
    healthy: bool,
    claude: Option<String>,
    findings: Vec<Finding>,
    mended: Vec<Finding>,
    problems: Vec<String>,
    notes: Vec<String>,
}

/// Checks everything. With --fix, repairs what it can and checks again. Prints the result.
#[must_use]
pub fn run_doctor(env: &Environment, options: &DoctorOptions) -> ExitStatus {
    if options.cost {
        return cost::print_cost(env, options);
    }
    let desired = DesiredState::decide_desired(env, false, false);
    let mut findings = run_checks(env, desired.as_ref().ok());
    if let Err(refusal) = &desired {
        findings.insert(0, Finding::new(FindingId::ClaudeTooOld, refusal.reason.clone(), Repair::ByHand));
    }
    let (mut mended, mut problems) = (Vec::new(), Vec::new());
    let refusal = file_owner::refuse_foreign_owner(env, Scope::User).err().filter(|_| options.fix);
    if let Some(refusal) = refusal {
        problems.push(refusal.reason);
    } else if options.fix && !findings.is_empty() {
        problems = repair::repair_all(env, &findings);
        let mut remaining = run_checks(env, desired.as_ref().ok());
        remaining.extend(findings.iter().filter(|finding| finding.id == FindingId::ClaudeTooOld).cloned());
        mended = findings.into_iter().filter(|finding| !remaining.contains(finding)).collect();
        findings = remaining;
    }
    let version = desired.ok().and_then(|desired| desired.claude.ok());
    let mut notes = entries::notes(env);
    notes.extend(version.and_then(untested_version_note));
    notes.extend(plugin::notes(env));
    notes.extend(user_files::notes(env));
    notes.extend(version.and_then(|version| install_warnings::untried_plugin(env, version)));
    let healthy = findings.is_empty() && problems.is_empty();
    let claude = version.map(|version| version.to_string());
    let checkup = Checkup { format: JSON_FORMAT, healthy, claude, findings, mended, problems, notes };
    if options.json {
        output::print_json(&checkup);
    } else {
        print_checkup(env, &checkup, options.fix);
    }
    if checkup.healthy { ExitStatus::Success } else { ExitStatus::Failure }
}

/// Returns a note if the CLI is newer than the newest version that session-signals was tested with.
fn untested_version_note(version: CliVersion) -> Option<String> {
    let tested = CliVersion::parse(NEWEST_TESTED_CLI)?;
    (version > tested).then(|| {
        format!("Claude Code {version} is newer than {tested}, the newest version that session-signals was tested with")
    })
}

/// Runs all checks. `desired` is what install would register; `None` if the CLI is too old for that.
fn run_checks(env: &Environment, desired: Option<&DesiredState>) -> Vec<Finding> {
    let mut findings = entries::check(env, desired);
    findings.extend(signals::check(env));
    findings.extend(temporaries::check(env));
    findings.extend(interrupted_runs::check(env));
    findings.extend(root_owned::check(env));
    findings.extend(sessions::check(env, &findings, desired.is_none()));
    findings.extend(service::check(env));
    findings.extend(user_files::check(env, &findings));
    findings.extend(plugin::check(env, desired.and_then(|desired| desired.claude.as_ref().ok()).copied()));
    if release_version::newer_installed(env).is_some() || crate::plugin::find_enabled(env).is_some() {
        // `hooks install` would refuse to replace the newer version, and to register hooks beside the stand-alone plugin.
        let by_hand = |finding: Finding| match &finding.repair {
            Repair::Install(_) | Repair::CopyExecutables | Repair::LayPlugin | Repair::LayUserFiles => {
                Finding { fix: None, repair: Repair::ByHand, ..finding }
            }
            _ => finding,
        };
        findings = findings.into_iter().map(by_hand).collect();
    }
    findings
}

fn print_checkup(env: &Environment, checkup: &Checkup, is_fixing: bool) {
    let paint = Paint(env.wants_colour);
    let mut lines: Vec<String> = Vec::new();
    for finding in &checkup.mended {
        lines.push(format!(
            "{} {}: {}",
            paint.good("repaired"),
            finding.id.as_str(),
            output::harmless(&finding.sentence)
        ));
    }
    for finding in &checkup.findings {
        lines.push(format!(
            "{} {}",
            paint.bad(&format!("{}:", finding.id.as_str())),
            output::harmless(&finding.sentence)
        ));
        let fix = finding.fix.as_ref().filter(|_| !is_fixing);
        lines.extend(fix.map(|fix| format!("    {}", paint.dim(&format!("--fix {}", output::harmless(fix))))));
    }
    lines.extend(checkup.notes.iter().map(|note| format!("{} {}", paint.dim("note:"), output::harmless(note))));
    if checkup.healthy {
        let healthy = paint.good("healthy");
        lines.push(match &checkup.claude {
            Some(claude) => format!("{healthy}: the hooks are installed and work (Claude Code {claude})"),
            None => format!(
                "{healthy}: the hooks are installed and work, for {} of {} events (the version of Claude Code is unknown)",
                entries::count_events(env),
                EVENT_RULES.len()
            ),
        });
    }
    output::print_lines(&lines);
    let problem = |problem: &String| format!("{} {}", paint.bad("error:"), output::harmless(problem));
    output::print_error_lines(&checkup.problems.iter().map(problem).collect::<Vec<_>>());
}
