//! Changes a settings file under our lock, and again where another program came between.

use std::fs::TryLockError;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;

use crate::editor::{self, Plan};
use crate::env::Env;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::{backup, replace};

/// How often another program may come between.
const ROUNDS: usize = 3;

/// How long another run of ours may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Held for the whole of a change; gone with the process.
pub struct Lock(#[expect(dead_code, reason = "the lock is held by the open file")] Option<std::fs::File>);

/// Waits for other runs of ours to end. The config dir itself is the lock: nothing is left behind.
///
/// # Errors
/// Where the directory cannot be made or opened, or another run does not end.
pub fn lock(env: &Env) -> Result<Lock, Refusal> {
    fs::create_dir_all(&env.config)?;
    let folder = fs::File::open(&env.config)?.into_file();
    let deadline = Instant::now() + PATIENCE;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Lock(Some(folder))),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => {
                return Err(Refusal::new("another `hooks` has been at work for 30 s: is it stuck?"));
            }
            // A file system without locks: comparing before the swap has to do.
            Err(TryLockError::Error(_)) => return Ok(Lock(None)),
        }
    }
}

/// What was changed.
pub struct Written {
    /// What it was made by.
    pub plan: Plan,
    /// The file, as it was before.
    pub before: Settings,
    /// Where that is kept; `None` where nothing had to change, or there was no file.
    pub backup: Option<std::path::PathBuf>,
}

/// Plans a change of the file at `path` and makes it. `created`: it was we who made the file, so with nothing left in it it goes.
///
/// # Errors
/// A refusal of the plan, a file that may not be replaced, or one that changed under us three times in a row.
/// The file is then as it was.
pub fn edit(
    env: &Env,
    path: &Path,
    created: bool,
    plan: &dyn Fn(&[u8]) -> Result<Plan, editor::Refusal>,
) -> Result<Written, Refusal> {
    for _ in 0..ROUNDS {
        let before = Settings::read(path)?;
        let plan = plan(before.bytes()).map_err(Refusal::of(path))?;
        if !plan.is_change() {
            return Ok(Written { plan, before, backup: None });
        }
        before.check_writable()?;
        let backup = before.seen.as_ref().map(|seen| backup::save(env, path, &seen.bytes)).transpose()?;
        if let Some(folder) = before.real.parent() {
            fs::create_dir_all(folder)?;
        }
        let done = match &before.seen {
            Some(seen) if created && plan.after.is_empty() => replace::remove(&before.real, seen)?,
            seen => replace::swap(&before.real, seen.as_ref(), &plan.after)?,
        };
        if done {
            return Ok(Written { plan, before, backup });
        }
    }
    Err(Refusal::new(format!(
        "{} was changed by another program {ROUNDS} times while we changed it: try again",
        path.display()
    )))
}
