//! Git checkouts.

use std::path::Path;

/// Makes a directory into a checkout without commits, with this branch and with this remote.
pub fn create_checkout(directory: &Path, branch: &str, remote: &str) {
    // Git takes no directory for a repository that lacks one of these.
    for name in ["objects", "refs"] {
        fs_err::create_dir_all(directory.join(".git").join(name)).unwrap();
    }
    fs_err::write(directory.join(".git/HEAD"), format!("ref: refs/heads/{branch}\n")).unwrap();
    let config = format!("[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = {remote}\n");
    fs_err::write(directory.join(".git/config"), config).unwrap();
}
