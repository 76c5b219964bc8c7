//! Changes a settings file under our lock, and again where another program came between.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::atomic_file::SwapResult;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::settings_editor::{self, EditPlan};
use crate::settings_file::SettingsFile;
use crate::{atomic_file, backup};

/// How often another program may come between.
const MAX_ATTEMPTS: usize = 3;

/// How long another run of ours may take.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

/// Held for the whole of a change; gone with the process.
pub struct SettingsLock(Option<std::fs::File>);

impl SettingsLock {
    /// Whether no other run of ours can be at work: not on a file system without locks.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

/// Takes the lock where no other run has it.
#[must_use]
pub fn try_lock(env: &Environment) -> Option<SettingsLock> {
    let folder = std::fs::File::open(&env.config).ok()?;
    folder.try_lock().is_ok().then_some(SettingsLock(Some(folder)))
}

/// Waits for other runs of ours to end. The config dir itself is the lock: nothing is left behind.
///
/// # Errors
/// Where the directory cannot be made or opened, or another run does not end.
pub fn wait_for_lock(env: &Environment) -> Result<SettingsLock, Refusal> {
    fs::create_dir_all(&env.config)?;
    let folder = fs::File::open(&env.config)?.into_file();
    let deadline = Instant::now() + LOCK_TIMEOUT;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(SettingsLock(Some(folder))),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => {
                return Err(Refusal::new("another `hooks` has been at work for 30 s: is it stuck?"));
            }
            // A file system without locks: comparing before the swap has to do.
            Err(TryLockError::Error(_)) => return Ok(SettingsLock(None)),
        }
    }
}

/// What was changed.
pub struct WrittenSettings {
    /// What it was made by.
    pub plan: EditPlan,
    /// The file, as it was before.
    pub before: SettingsFile,
    /// Where that is kept; `None` where nothing had to change, or there was no file.
    pub backup: Option<PathBuf>,
    /// What others wrote at the same time, and was overtaken by a newer edit: where it lies.
    aside: Vec<PathBuf>,
    /// The file that was replaced, where it could not become the backup and somebody may have it open.
    displaced: Option<PathBuf>,
}

impl WrittenSettings {
    /// What the file's owner should know.
    #[must_use]
    pub fn warnings(&self, env: &Environment) -> Vec<String> {
        let linked = self.plan.is_change().then(|| self.before.warning()).flatten();
        let aside = self.aside.iter().map(|path| overtaken_reason(env, path));
        let displaced = self.displaced.iter().map(|path| {
            format!(
                "{} is what was replaced, and nothing tells whether a program has it open: it stays until nobody can, and then `hooks doctor --fix` removes it",
                env.short_path(path)
            )
        });
        linked.into_iter().chain(aside).chain(displaced).collect()
    }

    /// What was written to the replaced file when it was replaced already. To be asked at the end of a run.
    #[must_use]
    pub fn late_write_warning(&self, env: &Environment) -> Option<String> {
        let backup = self.displaced.as_ref().or(self.backup.as_ref())?;
        let is_late = std::fs::read(backup).is_ok_and(|now| now != self.before.bytes());
        let file = env.short_path(&self.before.path);
        is_late.then(|| {
            let backup = env.short_path(backup);
            format!("another program had {file} open, and wrote to it when it was replaced: {backup} has what it wrote")
        })
    }
}

/// Plans what becomes of these settings.
pub type PlanMaker<'a> = &'a dyn Fn(&[u8]) -> Result<EditPlan, settings_editor::EditRefusal>;

/// Notes a change before it is made: what is to be done, to which file, and where its backup is.
pub type BeforeWrite<'a> = &'a dyn Fn(&EditPlan, &SettingsFile, Option<&Path>) -> io::Result<()>;

fn overtaken_reason(env: &Environment, path: &Path) -> String {
    format!("two other programs wrote the settings at once: what the earlier one wrote is in {}", env.short_path(path))
}

/// Plans a change of the file at `path` and makes it. `created`: it was we who made the file, so with nothing left in it it goes.
/// `note` is called before each attempt, with the backup.
///
/// # Errors
/// A refusal of the plan or of `note`, a file that may not be replaced or that another program keeps open for writing,
/// or one that changed under us three times in a row. The file is then as it was.
pub fn edit_settings(
    env: &Environment,
    path: &Path,
    created: bool,
    plan: PlanMaker,
    note: BeforeWrite,
) -> Result<WrittenSettings, Refusal> {
    let mut aside = Vec::new();
    for _ in 0..MAX_ATTEMPTS {
        match try_edit(env, path, created, plan, note) {
            Ok(Attempt::Done(written)) => return Ok(WrittenSettings { aside, ..*written }),
            Ok(Attempt::Again(held)) => aside.extend(held.iter().map(|held| backup::keep_left(env, path, held))),
            Err(refusal) => return Err(refusal.with_details(aside.iter().map(|path| overtaken_reason(env, path)))),
        }
    }
    let refusal = Refusal::new(format!(
        "{} was changed by another program {MAX_ATTEMPTS} times while we changed it: try again",
        path.display()
    ));
    Err(refusal.with_details(aside.iter().map(|path| overtaken_reason(env, path))))
}

/// What came of one round.
enum Attempt {
    Done(Box<WrittenSettings>),
    Again(Vec<PathBuf>),
}

fn try_edit(
    env: &Environment,
    path: &Path,
    created: bool,
    plan: PlanMaker,
    note: BeforeWrite,
) -> Result<Attempt, Refusal> {
    let before = SettingsFile::read_settled(path)?;
    let plan = plan(before.bytes()).map_err(Refusal::in_file(path))?;
    if !plan.is_change() {
        let written = WrittenSettings { plan, before, backup: None, aside: Vec::new(), displaced: None };
        return Ok(Attempt::Done(Box::new(written)));
    }
    before.check_writable()?;
    // First of all: a kill or a power cut later finds it there.
    let backup = before.seen.as_ref().map(|seen| backup::save_backup(env, path, &seen.bytes)).transpose()?;
    note(&plan, &before, backup.as_deref())?;
    if let Some(folder) = before.real.parent() {
        fs::create_dir_all(folder)?;
    }
    let swap = match &before.seen {
        Some(seen) if created && plan.after.is_empty() => atomic_file::remove_file(&before.real, seen)?,
        seen => atomic_file::swap_file(&before.real, seen.as_ref(), &plan.after)?,
    };
    Ok(match swap {
        SwapResult::Changed => Attempt::Again(Vec::new()),
        SwapResult::Crossed(held) => Attempt::Again(held),
        SwapResult::Done(held) => {
            let displaced = held.and_then(|held| backup::retire_displaced(&held, backup.as_deref()));
            Attempt::Done(Box::new(WrittenSettings { plan, before, backup, aside: Vec::new(), displaced }))
        }
    })
}
