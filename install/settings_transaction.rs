//! Changes a settings file under a lock, and tries again if another program changed the file at the same time.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use session_signals_cli::wait_until;

use crate::atomic_file::SwapResult;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::settings_editor::{self, EditPlan};
use crate::settings_file::SettingsFile;
use crate::{atomic_file, backup, file_access};

/// How often a change is tried if another program changes the file at the same time.
const MAX_ATTEMPTS: usize = 3;

/// How long another run of `hooks` may have the lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// The pause between two attempts to get the lock.
const LOCK_PAUSE: Duration = Duration::from_millis(10);

/// The lock of a configuration directory. It is released when this value is dropped, and when the process ends.
pub struct SettingsLock(Option<std::fs::File>);

impl SettingsLock {
    /// Returns whether the lock keeps other runs of `hooks` away. On a file system without locks it does not.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

/// Takes the lock; `None` if another run of `hooks` has it.
#[must_use]
pub fn try_lock(env: &Environment) -> Option<SettingsLock> {
    let folder = std::fs::File::open(&env.config_dir).ok()?;
    folder.try_lock().is_ok().then_some(SettingsLock(Some(folder)))
}

/// Waits for other runs of `hooks` to end, and takes the lock. The configuration directory itself is locked, so that no lock
/// file is left behind.
///
/// # Errors
/// If the directory cannot be made or opened, and if another run has the lock for 30 seconds.
pub fn wait_for_lock(env: &Environment) -> Result<SettingsLock, Refusal> {
    fs::create_dir_all(&env.config_dir)?;
    let folder = fs::File::open(&env.config_dir)?.into_file();
    let is_locked = wait_until(LOCK_TIMEOUT, LOCK_PAUSE, || match folder.try_lock() {
        Ok(()) => Some(true),
        Err(TryLockError::WouldBlock) => None,
        // The file system has no locks. The comparison before each replacement has to be enough.
        Err(TryLockError::Error(_)) => Some(false),
    });
    match is_locked {
        Some(is_locked) => Ok(SettingsLock(is_locked.then_some(folder))),
        None => Err(Refusal::new("another `hooks` has been running for 30 s: check whether it hangs")),
    }
}

/// A change of settings that was made.
pub struct WrittenSettings {
    /// The plan of the change.
    pub plan: EditPlan,
    /// The file before the change.
    pub before: SettingsFile,
    /// The backup of the file; `None` if nothing had to change, or there was no file.
    pub backup: Option<PathBuf>,
    /// Files that other programs wrote at the same time and that a newer file replaced.
    overtaken: Vec<PathBuf>,
    /// The replaced file, if it could not become the backup and a program may have it open.
    displaced: Option<PathBuf>,
}

impl WrittenSettings {
    /// Returns what the user should know about the change.
    #[must_use]
    pub fn warnings(&self, env: &Environment) -> Vec<String> {
        let hard_link = self.plan.is_change().then(|| self.before.hard_link_warning()).flatten();
        let overtaken = self.overtaken.iter().map(|path| overtaken_reason(env, path));
        let displaced = self.displaced.iter().map(|path| {
            format!(
                "{} is the replaced file. It is unknown whether a program has it open, so it stays. `hooks doctor --fix` removes it when no program can write to it any more, or after one day if that cannot be known",
                env.short_path(path)
            )
        });
        hard_link.into_iter().chain(overtaken).chain(displaced).collect()
    }

    /// Returns a warning if a program wrote to the replaced file after it was replaced. To be called at the end of a run.
    #[must_use]
    pub fn late_write_warning(&self, env: &Environment) -> Option<String> {
        let backup = self.displaced.as_ref().or(self.backup.as_ref())?;
        let is_late = std::fs::read(backup).is_ok_and(|now| now != self.before.bytes());
        let file = env.short_path(&self.before.path);
        is_late.then(|| {
            let backup = env.short_path(backup);
            format!(
                "another program had {file} open, and wrote to it after it was replaced: what it wrote is in {backup}"
            )
        })
    }
}

/// Plans the change of a settings text.
pub type PlanMaker<'a> = &'a dyn Fn(&[u8]) -> Result<EditPlan, settings_editor::EditRefusal>;

/// Is called before a change is made, with the plan, the file, and its backup.
pub type BeforeWrite<'a> = &'a dyn Fn(&EditPlan, &SettingsFile, Option<&Path>) -> io::Result<()>;

fn overtaken_reason(env: &Environment, path: &Path) -> String {
    format!(
        "two other programs wrote the settings at the same time: what the earlier one wrote is in {}",
        env.short_path(path)
    )
}

/// Refuses a change of these settings if they cannot be replaced, or if no backup of them can be made.
///
/// # Errors
/// If that is so.
pub fn refuse_change(env: &Environment, before: &SettingsFile) -> Result<(), Refusal> {
    before.check_writable()?;
    if before.seen.is_some() {
        file_access::refuse_unwritable(env, &env.backups_dir())?;
    }
    Ok(())
}

/// Plans a change of the file at `path` and makes it. `before_write` is called before each attempt. If `hooks` made the file
/// (`created`) and nothing is left in it, the file is removed.
///
/// # Errors
/// If the plan or `before_write` fails, if the file may not be replaced, if another program keeps it open for writing, and if
/// other programs changed it during three attempts. The file is then as it was.
pub fn edit_settings(
    env: &Environment,
    path: &Path,
    created: bool,
    make_plan: PlanMaker,
    before_write: BeforeWrite,
) -> Result<WrittenSettings, Refusal> {
    let mut overtaken = Vec::new();
    for _ in 0..MAX_ATTEMPTS {
        match try_edit(env, path, created, make_plan, before_write) {
            Ok(Attempt::Done(written)) => return Ok(WrittenSettings { overtaken, ..*written }),
            Ok(Attempt::Again(files)) => {
                overtaken.extend(files.iter().map(|file| backup::move_to_backups(env, path, file)));
            }
            Err(refusal) => return Err(refusal.with_details(overtaken.iter().map(|path| overtaken_reason(env, path)))),
        }
    }
    let refusal = Refusal::new(format!(
        "{} was changed by another program {MAX_ATTEMPTS} times while `hooks` was changing it: try again",
        path.display()
    ));
    Err(refusal.with_details(overtaken.iter().map(|path| overtaken_reason(env, path))))
}

/// The result of one attempt.
enum Attempt {
    /// The change is made, or there was nothing to change.
    Done(Box<WrittenSettings>),
    /// Another program changed the file. The older ones of the files that were written at once are at these paths.
    Again(Vec<PathBuf>),
}

fn try_edit(
    env: &Environment,
    path: &Path,
    created: bool,
    make_plan: PlanMaker,
    before_write: BeforeWrite,
) -> Result<Attempt, Refusal> {
    let before = SettingsFile::read_settled(path)?;
    let plan = make_plan(before.bytes()).map_err(Refusal::in_file(path))?;
    if !plan.is_change() {
        let written = WrittenSettings { plan, before, backup: None, overtaken: Vec::new(), displaced: None };
        return Ok(Attempt::Done(Box::new(written)));
    }
    refuse_change(env, &before)?;
    // The backup comes first, so that it exists whenever a kill or a power cut interrupts the rest.
    let backup = before.seen.as_ref().map(|seen| backup::save_backup(env, path, &seen.bytes)).transpose()?;
    before_write(&plan, &before, backup.as_deref())?;
    if let Some(folder) = before.real.parent() {
        fs::create_dir_all(folder)?;
    }
    let swap = match &before.seen {
        Some(seen) if created && plan.after.is_empty() => atomic_file::remove_file(&before.real, seen)?,
        seen => atomic_file::swap_file(&before.real, seen.as_ref(), &plan.after)?,
    };
    Ok(match swap {
        SwapResult::Changed => Attempt::Again(Vec::new()),
        SwapResult::Crossed(files) => Attempt::Again(files),
        SwapResult::Done(displaced) => {
            let displaced = displaced.and_then(|displaced| backup::retire_displaced(&displaced, backup.as_deref()));
            Attempt::Done(Box::new(WrittenSettings { plan, before, backup, overtaken: Vec::new(), displaced }))
        }
    })
}
