//! Settings that other homes may have, too, going by where they lie: of a symlink, or in a repository.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::paths::Scope;

/// How.
pub enum SharedSettings {
    /// The file is a symlink out of its directory, to here.
    File(PathBuf),
    /// The configuration directory is one, to here.
    Folder(PathBuf),
    /// The configuration directory lies in this work tree of git.
    Repository(PathBuf),
}

/// How other homes may have the settings at `path`; `None` where nothing says so.
#[must_use]
pub fn find_sharing(env: &Environment, path: &Path) -> Option<SharedSettings> {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    let real = path.canonicalize().ok().filter(|real| path.is_symlink() && folder(real) != folder(path));
    if let Some(real) = real {
        return Some(SharedSettings::File(real));
    }
    // What is local to a project is nobody else's; and what is the project's is everybody's anyway.
    if path != env.settings_path(Scope::User) {
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
            return Some(SharedSettings::Folder(real));
        }
    }
    // What lies above the home belongs to no user.
    let above = home.as_ref().filter(|home| real.starts_with(home)).and_then(|home| home.parent());
    let mut folders = real.ancestors().take_while(|folder| Some(*folder) != above);
    folders.find(|folder| folder.join(".git").exists()).map(|folder| SharedSettings::Repository(folder.to_owned()))
}

impl SharedSettings {
    /// The same, to follow the name of the settings.
    #[must_use]
    pub fn describe_sharing(&self, env: &Environment) -> String {
        match self {
            Self::File(real) => format!("is a symlink to {}", env.short_path(real)),
            Self::Folder(real) => format!("lies in {}, by a symlink", env.short_path(real)),
            Self::Repository(root) => format!("lies in the git repository {}", env.short_path(root)),
        }
    }
}
