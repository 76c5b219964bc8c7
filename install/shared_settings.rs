//! Settings that other home directories may use, too, because they are reached by a symlink or lie in a repository.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::paths::Scope;

/// How settings are shared.
pub enum SharedSettings {
    /// The settings file is a symlink to this file in another directory.
    File(PathBuf),
    /// The configuration directory is a symlink to this directory.
    Folder(PathBuf),
    /// The configuration directory lies in this git repository.
    Repository(PathBuf),
    /// The configuration directory lies on a drive of Windows, so Claude Code of Windows may use it, too.
    WindowsDrive,
}

/// Returns how other homes may share the settings at `path`; `None` if there is no sign of that.
#[must_use]
pub fn find_sharing(env: &Environment, path: &Path) -> Option<SharedSettings> {
    let folder = |path: &Path| path.parent().and_then(|folder| folder.canonicalize().ok());
    let real = path.canonicalize().ok().filter(|real| path.is_symlink() && folder(real) != folder(path));
    if let Some(real) = real {
        return Some(SharedSettings::File(real));
    }
    // Local settings of a project are used in one home only, and the project's own settings are shared in any case.
    if path != env.settings_path(Scope::User) {
        return None;
    }
    let home = env.home.as_ref().and_then(|home| home.canonicalize().ok());
    // Before an installation the configuration directory may not exist.
    let real = env.config_dir.ancestors().find_map(|folder| folder.canonicalize().ok())?;
    if env.config_dir.exists() {
        let below = env.home.as_ref().and_then(|home| env.config_dir.strip_prefix(home).ok());
        let is_plain = match (&home, below) {
            (Some(home), Some(below)) => real == home.join(below),
            _ => !env.config_dir.is_symlink(),
        };
        if !is_plain {
            return Some(SharedSettings::Folder(real));
        }
    }
    if env.windows_drives.hold(&real) {
        return Some(SharedSettings::WindowsDrive);
    }
    // A repository above the home directory does not belong to the user.
    let above = home.as_ref().filter(|home| real.starts_with(home)).and_then(|home| home.parent());
    let mut folders = real.ancestors().take_while(|folder| Some(*folder) != above);
    folders.find(|folder| folder.join(".git").exists()).map(|folder| SharedSettings::Repository(folder.to_owned()))
}

impl SharedSettings {
    /// Returns the same in words, to follow the name of the settings.
    #[must_use]
    pub fn describe_sharing(&self, env: &Environment) -> String {
        match self {
            Self::File(real) => format!("is a symlink to {}", env.short_path(real)),
            Self::Folder(real) => format!("lies in {}, by a symlink", env.short_path(real)),
            Self::Repository(root) => format!("lies in the git repository {}", env.short_path(root)),
            Self::WindowsDrive => "lies on a drive of Windows".to_owned(),
        }
    }
}
