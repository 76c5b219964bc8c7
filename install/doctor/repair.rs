//! Carries out the repairs of `hooks doctor --fix`.

use std::io;

use session_signals_protocol::store::LOCK_TIMEOUT_MS;
use session_signals_reader::SignalDir;
use session_signals_reader::cleanup::{LockedStore, remove_old_ends};

use super::finding::{Finding, Repair};
use crate::command_line::{InstallOptions, SharingOptions, UninstallOptions};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::settings_file::SettingsFile;
use crate::{
    atomic_file, executables, install, interrupted_runs, plugin, receipt, release_version, settings_transaction,
    signal_dir, supported_events, uninstall, user_files,
};

/// Carries out each repair once. Returns sentences on what could not be repaired.
#[must_use]
pub fn repair_all(env: &Environment, findings: &[Finding]) -> Vec<String> {
    let mut done: Vec<&Repair> = Vec::new();
    let mut problems = Vec::new();
    let mut signals = SignalDirAccess { dir: SignalDir::from_path(env.signal_dir()), lock_error: None };
    for repair in findings.iter().map(|finding| &finding.repair) {
        if !done.contains(&repair) {
            done.push(repair);
            problems.extend(repair_one(env, &mut signals, repair).err().unwrap_or_default());
        }
    }
    let dir = env.short_path(signals.dir.path());
    problems.extend(signals.lock_error.map(|error| match error {
        io::ErrorKind::WouldBlock => {
            format!("{dir} is locked by another process, so nothing was removed from it: try again")
        }
        _ => format!(
            "{dir} is on a file system without locks, so nothing was removed from it: delete the files by hand while no session is open"
        ),
    }));
    problems
}

/// The signal directory. Nothing is removed from it without the lock that the hooks use, too.
struct SignalDirAccess {
    dir: SignalDir,
    /// Why the lock could not be taken. After such an error, later repairs do not wait for the lock.
    lock_error: Option<io::ErrorKind>,
}

impl SignalDirAccess {
    /// Calls `work` with the directory and the milliseconds that it may wait for the lock.
    fn with_lock(&mut self, work: impl FnOnce(&SignalDir, u32) -> io::Result<()>) -> io::Result<()> {
        match work(&self.dir, if self.lock_error.is_some() { 0 } else { LOCK_TIMEOUT_MS }) {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Unsupported) => {
                self.lock_error = Some(error.kind());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

fn repair_one(env: &Environment, signals: &mut SignalDirAccess, repair: &Repair) -> Result<(), Vec<String>> {
    let sentence = |error: io::Error| vec![Refusal::from(error).reason];
    match repair {
        Repair::ByHand => Ok(()),
        Repair::Install(scope) => {
            let keep_scripts =
                receipt::load_receipt(env, &env.settings_path(*scope)).is_some_and(|receipt| receipt.keep_scripts);
            let options = InstallOptions {
                scope: *scope,
                dry_run: false,
                daemons: false,
                keep_scripts,
                service: false,
                no_service: false,
                notify: None,
                sharing: SharingOptions::default(),
                plugin: false,
                no_plugin: false,
                bin_dir: None,
                no_links: false,
                completions: false,
                no_completions: false,
                downgrade: false,
                force: env.force,
                json: false,
            };
            run_command(env, "install", *scope, |report| install::run_install(env, &options, report))
        }
        Repair::CopyExecutables => copy_executables(env).map_err(|refusal| vec![refusal.reason]),
        Repair::LayPlugin => lay_plugin(env).map_err(|refusal| vec![refusal.reason]),
        Repair::LayUserFiles => lay_user_files(env),
        Repair::Uninstall(scope) => {
            let options = UninstallOptions { scope: *scope, dry_run: false, force: env.force, json: false };
            run_command(env, "uninstall", *scope, |report| uninstall::run_uninstall(env, &options, report))
        }
        Repair::RestrictSignalDir => signal_dir::restrict_mode(&env.signal_dir()).map_err(sentence),
        Repair::DeleteTemporary(path) => atomic_file::delete_file(path).map_err(sentence),
        Repair::SettleLeftover(path, _) => {
            interrupted_runs::settle_leftover(env, path).map_err(|refusal| vec![refusal.reason])
        }
        Repair::RemoveSignal(session, kind, fault) => {
            let remove =
                |dir: &SignalDir, timeout_ms| LockedStore::lock(dir, timeout_ms)?.remove_faulty(session, *kind, *fault);
            signals.with_lock(|dir, timeout_ms| remove(dir, timeout_ms).map(drop)).map_err(sentence)
        }
        Repair::RecoverTemporary(name, _) => {
            let recover = |dir: &SignalDir, timeout_ms| LockedStore::lock(dir, timeout_ms)?.recover(name).map(drop);
            signals.with_lock(recover).map_err(sentence)
        }
        Repair::RemoveOldSignals(sessions, age) => {
            let remove = |dir: &SignalDir, timeout_ms| remove_old_ends(dir, sessions, *age, timeout_ms).map(drop);
            signals.with_lock(remove).map_err(sentence)
        }
    }
}

/// Copies the executables that the settings of the project start.
fn copy_executables(env: &Environment) -> Result<(), Refusal> {
    release_version::refuse_downgrade(env, false)?;
    let settings = SettingsFile::read_settings(&env.settings_path(Scope::Project))?;
    let mut others = user_files::needed_programs(env, &user_files::earlier_choice(env));
    let sessions = supported_events::SESSIONS_EXECUTABLE;
    if supported_events::has_daemon_entries(settings.bytes()) && !others.contains(&sessions) {
        others.push(sessions);
    }
    let executables = executables::read_executables(env, &others)?;
    let _lock = settings_transaction::wait_for_lock(env)?;
    executables::copy_executables(env, &executables)?;
    Ok(())
}

/// Lays the plugin down again, and copies the executables.
fn lay_plugin(env: &Environment) -> Result<(), Refusal> {
    copy_executables(env)?;
    plugin::lay_plugin(env, &mut Report::new("install", Scope::User, env.settings_path(Scope::User), false))
}

/// Writes the links, completions and man pages again, and copies the executables.
fn lay_user_files(env: &Environment) -> Result<(), Vec<String>> {
    copy_executables(env).map_err(|refusal| vec![refusal.reason])?;
    let choice = user_files::earlier_choice(env);
    run_command(env, "install", Scope::User, |report| {
        user_files::lay_files(env, &choice, report)?;
        // Here a file that cannot be written is not repaired.
        report.problems.append(&mut report.warnings);
        Ok(())
    })
}

/// Runs install or uninstall without printing its report. Its problems are the error.
fn run_command(
    env: &Environment,
    command: &'static str,
    scope: Scope,
    run: impl FnOnce(&mut Report) -> Result<(), Refusal>,
) -> Result<(), Vec<String>> {
    let mut report = Report::new(command, scope, env.settings_path(scope), false);
    run(&mut report).map_err(|refusal| vec![refusal.reason])?;
    if report.problems.is_empty() { Ok(()) } else { Err(report.problems) }
}
