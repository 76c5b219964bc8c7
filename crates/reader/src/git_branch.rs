//! The branch that is checked out in a directory.

use std::path::Path;

use crate::regular_file::read_regular;

/// The largest file that is read, in bytes. Files of git that name a branch are smaller.
const MAX_LEN: u64 = 4096;

/// How many directories above are looked at.
const MAX_ANCESTORS: usize = 64;

/// Returns the name of the branch that is checked out in the repository around this directory. If no branch is checked out,
/// returns the first seven digits of the commit. `None` outside a repository.
///
/// Reads one or two small files and runs no program.
#[must_use]
pub fn checked_out_branch(directory: &Path) -> Option<String> {
    let ancestors = directory.ancestors().take(MAX_ANCESTORS);
    let git = ancestors.map(|ancestor| ancestor.join(".git")).find(|git| git.exists())?;
    let head_path = if git.is_dir() {
        git.join("HEAD")
    } else {
        // In a worktree or a submodule, `.git` is a file that names the directory with the HEAD.
        git.parent()?.join(read_trimmed(&git)?.strip_prefix("gitdir: ")?).join("HEAD")
    };
    let head = read_trimmed(&head_path)?;
    match head.strip_prefix("ref: ") {
        Some(name) => Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        None => head.get(..7).map(str::to_owned),
    }
}

fn read_trimmed(path: &Path) -> Option<String> {
    let content = read_regular(path, MAX_LEN).ok()?;
    Some(String::from_utf8_lossy(&content.bytes).trim().to_owned())
}
