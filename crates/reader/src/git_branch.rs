//! The branch that is checked out in a directory.

use std::path::Path;

use crate::regular_file;

/// A larger file is none of git's, in bytes.
const MAX_LEN: u64 = 4096;

/// The branch, or the commit's first seven digits; `None` outside a repository. Reads two small files, runs nothing.
pub fn checked_out_branch(directory: &Path) -> Option<String> {
    let git = directory.ancestors().take(64).map(|above| above.join(".git")).find(|git| git.exists())?;
    let text = |path: &Path| {
        Some(String::from_utf8_lossy(&regular_file::read_regular(path, MAX_LEN).ok()?.bytes).trim().to_owned())
    };
    let head = if git.is_dir() {
        git.join("HEAD")
    } else {
        // A worktree or submodule: a file that says where its own HEAD is.
        git.parent()?.join(text(&git)?.strip_prefix("gitdir: ")?).join("HEAD")
    };
    let head = text(&head)?;
    match head.strip_prefix("ref: ") {
        Some(name) => Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        None => head.get(..7).map(str::to_owned),
    }
}
