//! Settings that other homes may have, too, going by where they lie: of a symlink, or in a repository.

use std::path::{Path, PathBuf};

use crate::env::Env;
use crate::paths::Scope;

/// How.
pub enum Linked {
    /// The file is a symlink out of its directory, to here.
    File(PathBuf),
    /// The configuration directory is one, to here.
    Folder(PathBuf),
    /// The configuration directory lies in this work tree of git.
    Repository(PathBuf),
}

/// How other homes may have the settings at `path`; `None` where nothing says so.
#[must_use]
pub fn how(env: &Env, path: &Path) -> Option<Linked> {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    let real = path.canonicalize().ok().filter(|real| path.is_symlink() && folder(real) != folder(path));
    if let Some(real) = real {
        return Some(Linked::File(real));
    }
    // What is local to a project is nobody else's; and what is the project's is everybody's anyway.
    if path != env.settings(Scope::User) {
        return None;
    }
    let home = env.home.as_ref().and_then(|home| home.canonicalize().ok());
    // Before an installation it may not be there.
    let real = env.config.ancestors().find_map(|folder| folder.canonicalize().ok())?;
    if env.config.exists() {
        let below = env.home.as_ref().and_then(|home| env.config.strip_prefix(home).ok());
        let is_plain = match (&home, below) {
            (Some(home), Some(below)) => real == home.join(below),
            _ => !env.config.is_symlink(),
        };
        if !is_plain {
            return Some(Linked::Folder(real));
        }
    }
    // What lies above the home belongs to no user.
    let above = home.as_ref().filter(|home| real.starts_with(home)).and_then(|home| home.parent());
    let mut folders = real.ancestors().take_while(|folder| Some(*folder) != above);
    folders.find(|folder| folder.join(".git").exists()).map(|folder| Linked::Repository(folder.to_owned()))
}

impl Linked {
    /// The same, to follow the name of the settings.
    #[must_use]
    pub fn words(&self, env: &Env) -> String {
        match self {
            Self::File(real) => format!("is a symlink to {}", env.brief(real)),
            Self::Folder(real) => format!("lies in {}, by a symlink", env.brief(real)),
            Self::Repository(root) => format!("lies in the git repository {}", env.brief(root)),
        }
    }
}
