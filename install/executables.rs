//! The hook executables: found beside `hooks`, copied whole, removed.

use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::supported_events;
use crate::{atomic_file, release_version};

/// One of them.
pub struct Executable {
    /// Its file name.
    pub name: &'static str,
    /// What it consists of.
    pub bytes: Vec<u8>,
}

/// Reads those beside `hooks`; that of the daemons, too, where they are wanted.
///
/// # Errors
/// Where one is missing.
pub fn read_executables(env: &Environment, daemons: bool) -> Result<Vec<Executable>, Refusal> {
    let read = |name| match fs::read(env.source.join(name)) {
        Ok(bytes) => Ok(Executable { name, bytes }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::new(format!(
            "{name} is not beside `hooks` in {}: build all with `cargo build --release`",
            env.source.display()
        ))),
        Err(error) => Err(error.into()),
    };
    supported_events::executable_names()
        .into_iter()
        .chain(daemons.then_some(supported_events::SESSIONS_EXECUTABLE))
        .map(read)
        .collect()
}

/// What was copied.
pub struct CopyResult {
    /// Those that were not there yet, or were others.
    pub paths: Vec<PathBuf>,
    /// The version of those that were there and were others; the word is [`version::UNKNOWN`] where nothing says it.
    pub former: Option<String>,
}

/// Copies those that are not yet there. A hook that runs keeps its old file; none is ever half there.
///
/// Every build of one version says the same version. That another one is replaced is seen by the bytes; which is the later
/// one is not: the time of a commit orders no branches and no uncommitted work, is not there outside of a checkout, and
/// would have each commit build every hook anew.
///
/// # Errors
/// Any of the file system's.
pub fn copy_executables(env: &Environment, executables: &[Executable]) -> io::Result<CopyResult> {
    let folder = env.executables_dir();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(&folder)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot make {}: {error}", folder.display())))?;
    let there = release_version::installed_release(env)
        .map_or(release_version::UNKNOWN_VERSION.to_owned(), |installed| installed.to_string());
    let mut former = None;
    // First: of what is copied in part, the version that it is to become counts.
    release_version::write_version(env)?;
    let mut paths = Vec::new();
    for executable in executables {
        let path = folder.join(executable.name);
        if !has_same_content(&path, &executable.bytes) {
            if path.exists() {
                former = Some(there.clone());
            }
            atomic_file::write_file(&path, &executable.bytes, 0o755)?;
            paths.push(path);
        }
    }
    Ok(CopyResult { paths, former })
}

/// Whether a copy is the executable it should be, and can be run.
#[must_use]
pub fn has_same_content(path: &Path, bytes: &[u8]) -> bool {
    let runs = path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 == 0o111);
    runs && std::fs::read(path).is_ok_and(|found| found == bytes)
}

/// Removes the copies, half ones of killed runs, too; and their directory where nothing else lies there. To be called
/// under the lock.
///
/// # Errors
/// Any of the file system's but that there are none.
pub fn remove_executables(env: &Environment) -> io::Result<()> {
    let folder = env.executables_dir();
    for name in supported_events::executable_names().into_iter().chain([supported_events::SESSIONS_EXECUTABLE]) {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            result => result?,
        }
    }
    match fs::remove_file(release_version::version_path(env)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => result?,
    }
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(atomic_file::TEMPORARY_PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    // Both may hold what is not ours: then they stay.
    let _ = std::fs::remove_dir(&folder);
    let _ = folder.parent().map(std::fs::remove_dir);
    Ok(())
}

/// The command that settings start the executable at `path` by, and whether the CLI does so without a shell: it
/// then has the arguments apart.
#[must_use]
pub fn command_line(path: &str, args: &[impl AsRef<str>]) -> (String, bool) {
    let (mut command, quoted) = quote_word(path);
    for arg in args.iter().filter(|_| quoted) {
        command = command + " " + arg.as_ref();
    }
    (command, !quoted)
}

/// A word as a shell takes it, and whether it had to be quoted.
#[must_use]
pub fn quote_word(word: &str) -> (String, bool) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.,:+@%=".contains(c);
    if word.chars().all(plain) {
        (word.to_owned(), false)
    } else {
        (format!("'{}'", word.replace('\'', r"'\''")), true)
    }
}
