//! Does what --fix promises.

use std::io;
use std::path::Path;

use fs_err as fs;

use session_signals_protocol::store::LOCK_TIMEOUT_MS;

use super::{Finding, Fix, interrupted_runs};
use crate::command_line::{InstallOptions, UninstallOptions};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_file::SettingsFile;
use crate::{executables, install, receipt, release_version, settings_transaction, supported_events, uninstall};
use session_signals_reader::SignalDir;
use session_signals_reader::cleanup::{LockedStore, remove_old_ends};

/// Mends each finding once; returns what could not be, a sentence each.
#[must_use]
pub fn fix_all(env: &Environment, findings: &[Finding]) -> Vec<String> {
    let mut done: Vec<&Fix> = Vec::new();
    let mut problems = Vec::new();
    let mut spool = SignalDirAccess { signal_dir: SignalDir::from_path(env.signal_dir()), refused: None };
    for mend in findings.iter().map(|finding| &finding.mend) {
        if !done.contains(&mend) {
            done.push(mend);
            problems.extend(fix_one(env, &mut spool, mend).err().unwrap_or_default());
        }
    }
    let folder = env.short_path(spool.signal_dir.path());
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
struct SignalDirAccess {
    signal_dir: SignalDir,
    /// Why the lock was not to be had, where it was not: nobody is waited for twice.
    refused: Option<io::ErrorKind>,
}

impl SignalDirAccess {
    /// Does something under the lock.
    fn with_lock(&mut self, work: impl FnOnce(&SignalDir, u32) -> io::Result<()>) -> io::Result<()> {
        match work(&self.signal_dir, if self.refused.is_some() { 0 } else { LOCK_TIMEOUT_MS }) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Unsupported) => {
                self.refused = Some(error.kind());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

fn fix_one(env: &Environment, spool: &mut SignalDirAccess, mend: &Fix) -> Result<(), Vec<String>> {
    let sentence = |error: io::Error| vec![Refusal::from(error).reason];
    match mend {
        Fix::ByHand => Ok(()),
        Fix::Install(scope) => {
            let keep_scripts =
                receipt::load_receipt(env, &env.settings_path(*scope)).is_some_and(|receipt| receipt.keep_scripts);
            let options = InstallOptions {
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
            run_and_report(env, "install", *scope, |report| install::run_install(env, &options, report))
        }
        Fix::Copy => copy_executables(env).map_err(|refusal| vec![refusal.reason]),
        Fix::Uninstall(scope) => {
            let options = UninstallOptions { scope: *scope, dry_run: false, force: env.force, json: false };
            run_and_report(env, "uninstall", *scope, |report| uninstall::run_uninstall(env, &options, report))
        }
        Fix::Tighten => crate::signal_dir::restrict_mode(&env.signal_dir()).map_err(sentence),
        Fix::Remove(path) => remove_file(path).map_err(sentence),
        Fix::SetAside(path, _) => interrupted_runs::settle_leftovers(env, path).map_err(|refusal| vec![refusal.reason]),
        Fix::Signal(session, kind, fault) => {
            let remove = |signal_dir: &SignalDir, timeout_ms| {
                LockedStore::lock(signal_dir, timeout_ms)?.remove_faulty(session, *kind, *fault)
            };
            spool.with_lock(|signal_dir, timeout_ms| remove(signal_dir, timeout_ms).map(drop)).map_err(sentence)
        }
        Fix::Remnant(name, _) => {
            let settle =
                |signal_dir: &SignalDir, timeout_ms| LockedStore::lock(signal_dir, timeout_ms)?.recover(name).map(drop);
            spool.with_lock(settle).map_err(sentence)
        }
        Fix::Forget(sessions, limit) => {
            let work = |signal_dir: &SignalDir, timeout_ms| {
                remove_old_ends(signal_dir, sessions, *limit, timeout_ms).map(drop)
            };
            spool.with_lock(work).map_err(sentence)
        }
    }
}

/// Copies the executables that the project's settings start.
fn copy_executables(env: &Environment) -> Result<(), Refusal> {
    release_version::refuse_downgrade(env, false)?;
    let settings = SettingsFile::read_settings(&env.settings_path(Scope::Project))?;
    let executables = executables::read_executables(env, supported_events::has_daemon_entries(settings.bytes()))?;
    let _lock = settings_transaction::wait_for_lock(env)?;
    executables::copy_executables(env, &executables)?;
    Ok(())
}

fn run_and_report(
    env: &Environment,
    command: &'static str,
    scope: Scope,
    work: impl FnOnce(&mut Report) -> Result<(), Refusal>,
) -> Result<(), Vec<String>> {
    let mut report = Report::new(command, scope, env.settings_path(scope), false);
    work(&mut report).map_err(|refusal| vec![refusal.reason])?;
    if report.problems.is_empty() { Ok(()) } else { Err(report.problems) }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
