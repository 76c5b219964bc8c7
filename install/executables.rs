//! The executables: reads them beside `hooks`, copies them to the configuration directory, and removes the copies.

use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err as fs;

use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::supported_events;
use crate::{atomic_file, release_version};

/// The executables that handle no event. They are installed if something starts them or a link leads to them.
const OTHER_EXECUTABLES: [&str; 2] = [supported_events::SESSIONS_EXECUTABLE, supported_events::HOOKS_EXECUTABLE];

/// An executable to install.
pub struct Executable {
    /// Its file name.
    pub name: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Reads the hook executables beside `hooks`, and the other executables that are needed.
///
/// # Errors
/// If an executable is missing or cannot be read.
pub fn read_executables(env: &Environment, others: &[&'static str]) -> Result<Vec<Executable>, Refusal> {
    let read = |name| match fs::read(env.source_dir.join(name)) {
        Ok(bytes) => Ok(Executable { name, bytes }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Refusal::new(format!(
            "{name} is not beside `hooks` in {}: build all executables with `cargo build --release`, or install the package again",
            env.source_dir.display()
        ))),
        Err(error) => Err(error.into()),
    };
    supported_events::executable_names().into_iter().chain(others.iter().copied()).map(read).collect()
}

/// The result of [`copy_executables`].
pub struct CopyResult {
    /// The copies that were missing or different before.
    pub paths: Vec<PathBuf>,
    /// The version of the copies that were different; [`release_version::UNKNOWN_VERSION`] if no file names it.
    pub former: Option<String>,
}

/// Copies the executables whose copies are missing or different. A running hook keeps its old file, and no copy is ever
/// incomplete.
///
/// All builds of one version name the same version. The content tells that another build is replaced, but not which build is
/// the later one. The time of a commit could not tell that either: it does not order branches and uncommitted work, and it does
/// not exist outside of a checkout.
///
/// # Errors
/// If the file system refuses a step.
pub fn copy_executables(env: &Environment, executables: &[Executable]) -> io::Result<CopyResult> {
    let folder = env.executables_dir();
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(&folder)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot create {}: {error}", folder.display())))?;
    let installed_version = release_version::installed_release(env)
        .map_or(release_version::UNKNOWN_VERSION.to_owned(), |installed| installed.to_string());
    let mut former = None;
    // The version comes first: if only some executables get copied, they are of the new version.
    release_version::write_version(env)?;
    let mut paths = Vec::new();
    for executable in executables {
        let path = folder.join(executable.name);
        if !has_same_content(&path, &executable.bytes) {
            if path.exists() {
                former = Some(installed_version.clone());
            }
            atomic_file::write_file(&path, &executable.bytes, 0o755)?;
            paths.push(path);
        }
    }
    Ok(CopyResult { paths, former })
}

/// Returns whether a copy is missing or different.
#[must_use]
pub fn need_copying(env: &Environment, executables: &[Executable]) -> bool {
    let folder = env.executables_dir();
    executables.iter().any(|executable| !has_same_content(&folder.join(executable.name), &executable.bytes))
}

/// Returns whether a copy has this content and may be executed by everybody. On a file system that keeps no permissions, it is enough
/// that its owner may.
#[must_use]
pub fn has_same_content(path: &Path, bytes: &[u8]) -> bool {
    let mode =
        |path: &Path| path.symlink_metadata().ok().filter(std::fs::Metadata::is_file).map_or(0, |meta| meta.mode());
    // The file beside it is a text. Only a file system without permissions shows a text as executable.
    let needed = if mode(&path.with_file_name(release_version::VERSION_FILE)) & 0o100 == 0 { 0o111 } else { 0o100 };
    mode(path) & needed == needed && std::fs::read(path).is_ok_and(|content| content == bytes)
}

/// Returns the names of the copies that are there, in the order in which [`remove_executables`] removes them.
pub fn installed_names(env: &Environment) -> impl Iterator<Item = &'static str> {
    let folder = env.executables_dir();
    copied_names().filter(move |name| folder.join(name).symlink_metadata().is_ok())
}

fn copied_names() -> impl Iterator<Item = &'static str> {
    supported_events::executable_names().into_iter().chain(OTHER_EXECUTABLES)
}

/// Removes the copies, and the temporary files of killed runs. Removes their directory, too, if nothing else lies there. To be
/// called under the lock.
///
/// # Errors
/// If a file exists and cannot be removed.
pub fn remove_executables(env: &Environment) -> io::Result<()> {
    let folder = env.executables_dir();
    for name in copied_names() {
        atomic_file::delete_file(&folder.join(name))?;
    }
    atomic_file::delete_file(&release_version::version_path(env))?;
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(atomic_file::TEMPORARY_PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    // A directory that contains other files stays.
    let _ = std::fs::remove_dir(&folder);
    let _ = folder.parent().map(std::fs::remove_dir);
    Ok(())
}

/// Returns the command with which settings start the executable at `path`, and whether the CLI starts it without a shell. In
/// that case the arguments are not part of the command.
#[must_use]
pub fn command_line(path: &str, args: &[impl AsRef<str>]) -> (String, bool) {
    let (mut command, quoted) = quote_word(path);
    for arg in args.iter().filter(|_| quoted) {
        command = command + " " + arg.as_ref();
    }
    (command, !quoted)
}

/// Quotes a word for a shell if it needs that; returns it and whether it is quoted.
#[must_use]
pub fn quote_word(word: &str) -> (String, bool) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.,:+@%=".contains(c);
    if word.chars().all(is_plain) {
        (word.to_owned(), false)
    } else {
        (format!("'{}'", word.replace('\'', r"'\''")), true)
    }
}

/// Returns a path as a shell takes it, with `~` for the home directory.
#[must_use]
pub fn quote_path(env: &Environment, path: &Path) -> String {
    match env.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", quote_word(&rest.display().to_string()).0),
        None => quote_word(&path.display().to_string()).0,
    }
}
