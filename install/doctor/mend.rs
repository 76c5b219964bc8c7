//! Does what --fix promises.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;

use session_signals_protocol::store::LOCK_TIMEOUT_MS;

use super::{Finding, Mend, aside};
use crate::cli::{Install, Uninstall};
use crate::env::Env;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings::Settings;
use crate::{commit, events, executables, install, receipt, uninstall, version};
use session_signals_reader::cleanup::{LockedStore, remove_old_ends};

/// Mends each finding once; returns what could not be, a sentence each.
#[must_use]
pub fn all(env: &Env, findings: &[Finding]) -> Vec<String> {
    let mut done: Vec<&Mend> = Vec::new();
    let mut problems = Vec::new();
    let mut spool = Spool { folder: env.spool(), refused: None };
    for mend in findings.iter().map(|finding| &finding.mend) {
        if !done.contains(&mend) {
            done.push(mend);
            problems.extend(one(env, &mut spool, mend).err().unwrap_or_default());
        }
    }
    let folder = env.brief(&spool.folder);
    problems.extend(spool.refused.map(|why| match why {
        io::ErrorKind::WouldBlock => {
            format!("{folder} is locked by another process: what is to be removed from it stays; try again")
        }
        _ => format!(
            "{folder} is on a file system without locks: what is to be removed from it stays; delete it by hand while no session is open"
        ),
    }));
    problems
}

/// The spool, of which nothing is removed without the hooks' own lock.
struct Spool {
    folder: PathBuf,
    /// Why the lock was not to be had, where it was not: nobody is waited for twice.
    refused: Option<io::ErrorKind>,
}

impl Spool {
    /// Does something under the lock.
    fn under_the_lock(&mut self, work: impl FnOnce(&Path, u32) -> io::Result<()>) -> io::Result<()> {
        match work(&self.folder, if self.refused.is_some() { 0 } else { LOCK_TIMEOUT_MS }) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Unsupported) => {
                self.refused = Some(error.kind());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

fn one(env: &Env, spool: &mut Spool, mend: &Mend) -> Result<(), Vec<String>> {
    let sentence = |error: io::Error| vec![Refusal::from(error).reason];
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
                downgrade: false,
                force: env.force,
                json: false,
            };
            run(env, "install", *scope, |report| install::run(env, &options, report))
        }
        Mend::Copy => copy(env).map_err(|refusal| vec![refusal.reason]),
        Mend::Uninstall(scope) => {
            let options = Uninstall { scope: *scope, dry_run: false, force: env.force, json: false };
            run(env, "uninstall", *scope, |report| uninstall::run(env, &options, report))
        }
        Mend::Tighten => crate::spool::tighten(&env.spool()).map_err(sentence),
        Mend::Remove(path) => remove(path).map_err(sentence),
        Mend::SetAside(path, _) => aside::settle(env, path).map_err(|refusal| vec![refusal.reason]),
        Mend::Signal(session, kind, fault) => {
            let remove =
                |folder: &Path, patience| LockedStore::lock(folder, patience)?.remove_faulty(session, *kind, *fault);
            spool.under_the_lock(|folder, patience| remove(folder, patience).map(drop)).map_err(sentence)
        }
        Mend::Remnant(name, _) => {
            let settle = |folder: &Path, patience| LockedStore::lock(folder, patience)?.recover(name).map(drop);
            spool.under_the_lock(settle).map_err(sentence)
        }
        Mend::Forget(sessions, limit) => {
            let work = |folder: &Path, patience| remove_old_ends(folder, sessions, *limit, patience).map(drop);
            spool.under_the_lock(work).map_err(sentence)
        }
    }
}

/// Copies the executables that the project's settings start.
fn copy(env: &Env) -> Result<(), Refusal> {
    version::check(env, false)?;
    let settings = Settings::read(&env.settings(Scope::Project))?;
    let executables = executables::read(env, events::have_daemons(settings.bytes()))?;
    let _lock = commit::lock(env)?;
    executables::copy(env, &executables)?;
    Ok(())
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

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
