//! What a shell finds on the search path (`$PATH`).

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// Returns the folders of the search path. A relative one depends on the current directory, so it is left out. So is a folder that
/// npm puts there for one command, such as `npx session-signals install`: a new shell does not find what is in it.
fn folders(env: &Environment) -> impl Iterator<Item = PathBuf> {
    let lasts = |folder: &PathBuf| folder.is_absolute() && !folder.ends_with("node_modules/.bin");
    std::env::split_paths(&env.search_path).filter(lasts)
}

/// Returns whether a folder is on the search path. The folder need not exist.
#[must_use]
pub fn holds(env: &Environment, folder: &Path) -> bool {
    folders(env).any(|other| is_same_folder(&other, folder))
}

/// Returns the executables of this name, in the order in which a shell looks for them.
#[must_use]
pub fn find_all(env: &Environment, name: &str) -> Vec<PathBuf> {
    folders(env).map(|folder| folder.join(name)).filter(|path| is_executable(path)).collect()
}

/// Returns whether something is a file that may be executed.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Returns whether two paths lead to the same folder.
#[must_use]
pub fn is_same_folder(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

/// Returns whether `man` looks into a folder of man pages: it is `../share/man` of a folder of the search path, or `$MANPATH`
/// names it. `bin_dir` counts as a folder of the search path.
#[must_use]
pub fn reaches_pages(env: &Environment, man_dir: &Path, bin_dir: Option<&Path>) -> bool {
    let beside = folders(env)
        .chain(bin_dir.map(Path::to_owned))
        .any(|folder| folder.parent().is_some_and(|parent| is_same_folder(&parent.join("share/man"), man_dir)));
    let named = env
        .man_path
        .as_ref()
        .is_some_and(|paths| std::env::split_paths(paths).any(|folder| is_same_folder(&folder, man_dir)));
    beside || named
}
