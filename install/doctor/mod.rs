//! `hooks doctor`: looks at everything that install relies on, and mends what it may.

mod entries;
mod finding;
mod fix;
pub mod interrupted_runs;
mod registered_executables;
mod root_owned;
mod service;
mod sessions;
mod signals;
mod temporaries;

use std::process::ExitCode;

use serde::Serialize;
use session_signals_protocol::EVENT_RULES;

use crate::command_line::DoctorOptions;
use crate::desired_state::DesiredState;
use crate::environment::Environment;
use crate::paint::Paint;
use crate::paths::Scope;
use crate::{file_owner, release_version, report};
pub use finding::{Finding, Fix};

/// All that is said of a check. `hooks doctor --help` documents the JSON.
#[derive(Serialize)]
struct Checkup {
    healthy: bool,
    claude: Option<String>,
    findings: Vec<Finding>,
    mended: Vec<Finding>,
    problems: Vec<String>,
    notes: Vec<String>,
}

/// Checks, mends where asked, and checks again.
#[must_use]
pub fn run_doctor(env: &Environment, options: &DoctorOptions) -> ExitCode {
    let wanted = DesiredState::decide_desired(env, false, false);
    let mut findings = run_checks(env, wanted.as_ref().ok());
    if let Err(refusal) = &wanted {
        findings.insert(0, Finding::new("claude-too-old", refusal.reason.clone(), Fix::ByHand));
    }
    let (mut mended, mut problems) = (Vec::new(), Vec::new());
    let refused = file_owner::refuse_foreign_owner(env, Scope::User).err().filter(|_| options.fix);
    if let Some(refusal) = refused {
        problems.push(refusal.reason);
    } else if options.fix && !findings.is_empty() {
        problems = fix::fix_all(env, &findings);
        let mut left = run_checks(env, wanted.as_ref().ok());
        left.extend(findings.iter().filter(|finding| finding.id == "claude-too-old").cloned());
        mended = findings.into_iter().filter(|finding| !left.contains(finding)).collect();
        findings = left;
    }
    let claude = wanted.ok().and_then(|wanted| wanted.claude.ok()).map(|version| version.to_string());
    let (healthy, notes) = (findings.is_empty() && problems.is_empty(), entries::notes(env));
    let checkup = Checkup { healthy, claude, findings, mended, problems, notes };
    if options.json {
        report::print_json(&checkup);
    } else {
        print_checkup(env, &checkup, options.fix);
    }
    if checkup.healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Everything that can be found. `wanted` is what install would do; there is none with a CLI too old for it.
fn run_checks(env: &Environment, wanted: Option<&DesiredState>) -> Vec<Finding> {
    let mut findings = entries::check(env, wanted);
    findings.extend(signals::check(env));
    findings.extend(temporaries::check(env));
    findings.extend(interrupted_runs::check(env));
    findings.extend(root_owned::check(env));
    findings.extend(sessions::check(env, &findings, wanted.is_none()));
    findings.extend(service::check(env));
    if release_version::newer_installed(env).is_some() {
        // `hooks install` would refuse.
        let by_hand = |finding: Finding| match &finding.mend {
            Fix::Install(_) | Fix::Copy => Finding { fix: None, mend: Fix::ByHand, ..finding },
            _ => finding,
        };
        findings = findings.into_iter().map(by_hand).collect();
    }
    findings
}

fn print_checkup(env: &Environment, checkup: &Checkup, fixing: bool) {
    let paint = Paint(env.colour);
    let mut lines: Vec<String> = Vec::new();
    for finding in &checkup.mended {
        lines.push(format!("{} {}: {}", paint.good("mended"), finding.id, finding.sentence));
    }
    for finding in &checkup.findings {
        lines.push(format!("{} {}", paint.bad(&format!("{}:", finding.id)), finding.sentence));
        let fix = finding.fix.as_ref().filter(|_| !fixing);
        lines.extend(fix.map(|fix| format!("    {}", paint.dim(&format!("--fix {fix}")))));
    }
    lines.extend(checkup.notes.iter().map(|note| format!("{} {note}", paint.dim("note:"))));
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
    report::print_lines(&lines);
    let problem = |problem: &String| format!("{} {problem}", paint.bad("error:"));
    report::print_error_lines(&checkup.problems.iter().map(problem).collect::<Vec<_>>());
}
