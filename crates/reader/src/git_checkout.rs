//! The git checkout around a directory: which branch it has, and which repository it is of.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::git_remote::GitRemote;
use crate::regular_file::read_regular;

/// The largest file that names a branch or a directory, in bytes. Such files of git are smaller.
const MAX_NAME_LEN: u64 = 4096;

/// The largest configuration file that is read, in bytes.
const MAX_CONFIG_LEN: u64 = 1 << 20;

/// How many directories above are looked at.
const MAX_ANCESTORS: usize = 64;

/// What is known of the git checkout around a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitCheckout {
    /// The name of the branch that is checked out. If no branch is checked out, the first seven digits of the commit.
    pub branch: Option<String>,
    /// Where the repository came from: the remote `origin`, or else the first remote. `None` without a remote on another
    /// host.
    pub remote: Option<GitRemote>,
}

impl GitCheckout {
    /// Reads the checkout around this directory. `None` outside a repository.
    ///
    /// Reads two to four small files and runs no program. A relative path is that of no session: it would be looked up in the
    /// directory of the reader.
    #[must_use]
    pub fn read(directory: &Path) -> Option<Self> {
        if !directory.is_absolute() {
            return None;
        }
        let ancestors = directory.ancestors().take(MAX_ANCESTORS);
        let dot_git = ancestors.map(|ancestor| ancestor.join(".git")).find(|git| git.exists())?;
        let Some(git_dir) = find_git_dir(&dot_git) else { return Some(Self::default()) };
        // The worktrees of a repository share its configuration.
        let common_dir = read_trimmed(&git_dir.join("commondir")).map(|common| git_dir.join(common));
        let config = read_regular(&common_dir.as_ref().unwrap_or(&git_dir).join("config"), MAX_CONFIG_LEN);
        Some(Self {
            branch: read_branch(&git_dir),
            remote: config.ok().and_then(|config| GitRemote::from_config(&String::from_utf8_lossy(&config.bytes))),
        })
    }
}

/// Returns the directory with the HEAD. In a worktree or a submodule, `.git` is a file that names it.
fn find_git_dir(dot_git: &Path) -> Option<PathBuf> {
    if dot_git.is_dir() {
        return Some(dot_git.to_owned());
    }
    Some(dot_git.parent()?.join(read_trimmed(dot_git)?.strip_prefix("gitdir: ")?))
}

fn read_branch(git_dir: &Path) -> Option<String> {
    let head = read_trimmed(&git_dir.join("HEAD"))?;
    match head.strip_prefix("ref: ") {
        Some(name) => Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        None => head.get(..7).map(str::to_owned),
    }
}

fn read_trimmed(path: &Path) -> Option<String> {
    let content = read_regular(path, MAX_NAME_LEN).ok()?;
    Some(String::from_utf8_lossy(&content.bytes).trim().to_owned())
}

/// The checkouts of directories, each read once.
#[derive(Default)]
pub struct GitCheckouts(HashMap<PathBuf, Option<GitCheckout>>);

impl GitCheckouts {
    /// Returns the checkout around this directory.
    pub fn find(&mut self, directory: &Path) -> Option<&GitCheckout> {
        // `entry` would copy the path at every call.
        if !self.0.contains_key(directory) {
            self.0.insert(directory.to_owned(), GitCheckout::read(directory));
        }
        self.0.get(directory)?.as_ref()
    }

    /// Forgets all of them, so that they are read again.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
