//! Which installation the executable of a settings entry belongs to.

use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::paths::Scope;
use crate::receipt;
use crate::settings_editor::HookOwner;

impl Environment {
    /// Returns the path of the program that an entry names. If a shell reads the entry (`by_shell`), variables are replaced,
    /// unless the path lies in the directory of our executables: the name of that directory may contain a `$`.
    #[must_use]
    pub fn program_path(&self, path: &str, by_shell: bool) -> PathBuf {
        let is_literal = !by_shell || Path::new(path).starts_with(self.executables_dir());
        if is_literal { PathBuf::from(path) } else { self.expand_variables(path) }
    }

    /// Returns which installation the executable at `path` belongs to. `path` is as the settings of this scope name it;
    /// `by_shell` says whether a shell reads it.
    #[must_use]
    pub fn hook_owner(&self, scope: Scope, path: &str, by_shell: bool) -> HookOwner {
        let path = self.program_path(path, by_shell);
        let Some(dir) = path.parent() else { return HookOwner::Former };
        let our_dir = self.executables_dir();
        let is_our_dir = dir == our_dir
            || dir.canonicalize().is_ok_and(|real| our_dir.canonicalize().is_ok_and(|our_dir| real == our_dir));
        if is_our_dir {
            return HookOwner::Here;
        }
        let is_in_home =
            self.home.as_ref().is_some_and(|home| path.starts_with(home)) || path.starts_with(&self.source_dir);
        let config_dir = dir.ends_with("hooks/session-signals").then(|| dir.ancestors().nth(2)).flatten();
        let is_another = match config_dir {
            // An executable that exists may still be in use. One that is gone from this home was moved.
            Some(config_dir) => {
                (!is_in_home || path.exists()) && receipt::former_config_dir(self).as_deref() != Some(config_dir)
            }
            None => scope == Scope::Project && !is_in_home,
        };
        if is_another && path.is_absolute() { HookOwner::Another } else { HookOwner::Former }
    }
}
