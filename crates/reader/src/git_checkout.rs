//! The git checkout around a directory: which branch it has, and which repository it is of.

use std::path::{Path, PathBuf};

use crate::git_configs::GitConfigs;
use crate::git_remote::GitRemote;
use crate::regular_file::read_linked;

/// The largest file that names a branch or a directory, in bytes. Such files of git are smaller.
const MAX_NAME_LEN: u64 = 4096;

/// What HEAD names if the repository keeps its branches in the format `reftable`. No branch can have this name.
const NO_BRANCH: &str = "refs/heads/.invalid";

/// How many directories above are looked at.
const MAX_ANCESTORS: usize = 64;

/// What is known of the git checkout around a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitCheckout {
    /// The name of the branch that is checked out. If no branch is checked out, the first seven digits of the commit. `None` also
    /// if the repository keeps its branches in the format `reftable`.
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
        Self::read_with(directory, &mut GitConfigs::default())
    }

    /// Does the same, but does not read a configuration again that has not changed.
    pub(crate) fn read_with(directory: &Path, configs: &mut GitConfigs) -> Option<Self> {
        if !directory.is_absolute() {
            return None;
        }
        let mut ancestors = directory.ancestors().take(MAX_ANCESTORS).map(|ancestor| ancestor.join(".git"));
        // As for git, a folder that is no repository does not end the search, but a file ends it.
        let repository = ancestors.find_map(|dot_git| {
            if dot_git.is_dir() {
                return GitRepository::open(dot_git).map(Some);
            }
            dot_git.exists().then(|| GitRepository::open(linked_git_dir(&dot_git)?))
        })??;
        Some(Self {
            branch: branch_of_head(&repository.head),
            remote: configs.find_remote(&repository.common_dir.join("config")),
        })
    }
}

/// The files of a repository.
struct GitRepository {
    /// What HEAD says: `ref: refs/…`, or the id of a commit.
    head: String,
    /// The directory that the worktrees of the repository share.
    common_dir: PathBuf,
}

impl GitRepository {
    /// Returns the repository in this directory. `None` if git would not take it for one.
    fn open(git_dir: PathBuf) -> Option<Self> {
        let head = read_head(&git_dir)?;
        let common_dir = match read_trimmed(&git_dir.join("commondir")) {
            Some(common) => git_dir.join(common),
            None => git_dir,
        };
        let is_whole = ["objects", "refs"].iter().all(|name| common_dir.join(name).is_dir());
        is_whole.then_some(Self { head, common_dir })
    }
}

/// Returns the directory that a file `.git` names. Worktrees and submodules have such a file.
fn linked_git_dir(dot_git: &Path) -> Option<PathBuf> {
    Some(dot_git.parent()?.join(read_trimmed(dot_git)?.strip_prefix("gitdir: ")?))
}

/// Returns what HEAD says, if it is a HEAD.
fn read_head(git_dir: &Path) -> Option<String> {
    let path = git_dir.join("HEAD");
    // Old versions of git made it a symbolic link to the file of the branch. That file need not exist.
    let head = match fs_err::read_link(&path) {
        Ok(target) if target.starts_with("refs") => format!("ref: {}", target.to_str()?),
        _ => read_trimmed(&path)?,
    };
    let is_commit = head.len() >= 40 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_commit || branch_ref(&head).is_some()).then_some(head)
}

/// Returns the branch, or else the first seven digits of the commit.
fn branch_of_head(head: &str) -> Option<String> {
    match branch_ref(head) {
        // With the format `reftable`, the branch is in other files, which are not read.
        Some(NO_BRANCH) => None,
        Some(name) => Some(name.strip_prefix("refs/heads/").unwrap_or(name).to_owned()),
        None => head.get(..7).map(str::to_owned),
    }
}

fn branch_ref(head: &str) -> Option<&str> {
    head.strip_prefix("ref:").map(str::trim_start).filter(|name| name.starts_with("refs/"))
}

fn read_trimmed(path: &Path) -> Option<String> {
    let content = read_linked(path, MAX_NAME_LEN).ok()?;
    Some(String::from_utf8_lossy(&content.bytes).trim().to_owned())
}
