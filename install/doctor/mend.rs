//! Does what --fix promises.

use std::path::Path;

use fs_err as fs;

use super::signals::{self, Spool};
use super::{Finding, Mend, aside};
use crate::cli::{Install, Uninstall};
use crate::env::Env;
use crate::places::Scope;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{install, receipt, spool, uninstall};

/// Mends each finding once; returns what could not be, a sentence each.
#[must_use]
pub fn all(env: &Env, findings: &[Finding]) -> Vec<String> {
    let mut done: Vec<&Mend> = Vec::new();
    let mut problems = Vec::new();
    for mend in findings.iter().map(|finding| &finding.mend) {
        if !done.contains(&mend) {
            done.push(mend);
            problems.extend(one(env, mend).err().unwrap_or_default());
        }
    }
    problems
}

fn one(env: &Env, mend: &Mend) -> Result<(), Vec<String>> {
    let sentence = |error: std::io::Error| vec![Refusal::from(error).reason];
    match mend {
        Mend::ByHand => Ok(()),
        Mend::Install(scope) => {
            let keep_scripts = receipt::load(env, &env.settings(*scope)).is_some_and(|receipt| receipt.keep_scripts);
            let options = Install {
                scope: *scope,
                dry_run: false,
                daemons: false,
                keep_scripts,
                service: false,
                no_service: false,
                force: env.force,
                json: false,
                keep_others: *scope == Scope::Project,
            };
            run(env, "install", *scope, |report| install::run(env, &options, report))
        }
        Mend::Uninstall(scope) => {
            let options = Uninstall { scope: *scope, dry_run: false, force: env.force, json: false };
            run(env, "uninstall", *scope, |report| uninstall::run(env, &options, report))
        }
        Mend::Tighten => spool::tighten(&env.spool()).map_err(sentence),
        Mend::Remove(path) => remove(path).map_err(sentence),
        Mend::SetAside(path, _) => aside::settle(env, path).map_err(|refusal| vec![refusal.reason]),
        Mend::Supersede(session, word) => {
            let spool = Spool::lock(&env.spool());
            // Looked at again under the lock: a hook may have settled it.
            match signals::conflicts(&spool)
                .iter()
                .find(|conflict| conflict.session == *session && conflict.older == *word)
            {
                Some(conflict) => remove(&conflict.path).map_err(sentence),
                None => Ok(()),
            }
        }
    }
}

fn run(
    env: &Env,
    command: &'static str,
    scope: Scope,
    work: impl FnOnce(&mut Report) -> Result<(), Refusal>,
) -> Result<(), Vec<String>> {
    let mut report = Report::new(command, scope, env.settings(scope), false);
    work(&mut report).map_err(|refusal| vec![refusal.reason])?;
    if report.problems.is_empty() { Ok(()) } else { Err(report.problems) }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
