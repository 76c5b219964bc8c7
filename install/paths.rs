//! Where everything lies.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::environment::Environment;
use crate::receipt;
use crate::settings_editor::HookOwner;

/// Whose settings are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Yours, in every project: the config dir's settings.json
    User,
    /// Everybody's in this project: ./.claude/settings.json
    Project,
    /// Yours in this project: ./.claude/settings.local.json
    Local,
}

/// All scopes, the widest first.
pub const SCOPES: [Scope; 3] = [Scope::User, Scope::Project, Scope::Local];

impl Scope {
    /// The word of `--scope`.
    #[must_use]
    pub fn word(self) -> &'static str {
        ["user", "project", "local"][self as usize]
    }
}

impl Environment {
    /// The settings file of a scope.
    #[must_use]
    pub fn settings_path(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::User => self.config.join("settings.json"),
            Scope::Project => self.project.join(".claude/settings.json"),
            Scope::Local => self.project.join(".claude/settings.local.json"),
        }
    }

    /// Where the executables are copied to, and the receipts lie.
    #[must_use]
    pub fn executables_dir(&self) -> PathBuf {
        self.config.join("hooks/session-signals")
    }

    /// Where the hooks publish.
    #[must_use]
    pub fn signal_dir(&self) -> PathBuf {
        self.config.join("session-signals")
    }

    /// Where the daemons' PIDs and logs lie.
    #[must_use]
    pub fn daemons_config(&self) -> PathBuf {
        self.config.join("session-daemons")
    }

    /// Where the settings are saved before a change.
    #[must_use]
    pub fn backups_dir(&self) -> PathBuf {
        self.config.join("backups")
    }

    /// `path` with `~` and the variables that hooks are written with filled in.
    #[must_use]
    pub fn expand_variables(&self, path: &str) -> PathBuf {
        let home = self.home.as_deref().unwrap_or(Path::new("/")).to_string_lossy();
        self.project.join(match path.strip_prefix('~') {
            Some(rest) if rest.starts_with('/') => self.fill_variables(&format!("{home}{rest}")),
            _ => self.fill_variables(path),
        })
    }

    /// A text with those variables filled in.
    #[must_use]
    pub fn fill_variables(&self, text: &str) -> String {
        let project = self.project.to_string_lossy();
        let home = self.home.as_deref().unwrap_or(Path::new("/")).to_string_lossy();
        let config = self.config.to_string_lossy();
        let mut text = text.replace("${CLAUDE_CONFIG_DIR:-$HOME/.claude}", &config);
        for (name, value) in [("HOME", &home), ("CLAUDE_PROJECT_DIR", &project), ("CLAUDE_CONFIG_DIR", &config)] {
            text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
        text
    }

    /// The program that an entry names. `by_shell`: a shell reads it, and fills in what stands for something else. What
    /// names our own executables to the letter means them, `$` in the config dir's name or not.
    #[must_use]
    pub fn program_path(&self, path: &str, by_shell: bool) -> PathBuf {
        let is_literal = !by_shell || Path::new(path).starts_with(self.executables_dir());
        if is_literal { PathBuf::from(path) } else { self.expand_variables(path) }
    }

    /// In whose installation the executable at `path` lies, as settings of this scope name it. `by_shell`: a shell
    /// reads it.
    #[must_use]
    pub fn hook_owner(&self, scope: Scope, path: &str, by_shell: bool) -> HookOwner {
        let path = self.program_path(path, by_shell);
        let Some(folder) = path.parent() else { return HookOwner::Former };
        let ours = self.executables_dir();
        let is_one = folder == ours
            || folder.canonicalize().is_ok_and(|real| ours.canonicalize().is_ok_and(|ours| real == ours));
        if is_one {
            return HookOwner::Here;
        }
        let is_of_home =
            self.home.as_ref().is_some_and(|home| path.starts_with(home)) || path.starts_with(&self.source);
        let config = folder.ends_with("hooks/session-signals").then(|| folder.ancestors().nth(2)).flatten();
        let is_another = match config {
            // What was installed there may run to this day; what is gone from this home was moved.
            Some(config) => (!is_of_home || path.exists()) && receipt::former_settings(self).as_deref() != Some(config),
            None => scope == Scope::Project && !is_of_home,
        };
        if is_another && path.is_absolute() { HookOwner::Another } else { HookOwner::Former }
    }

    /// A name for a settings file among the backups and receipts: its own for the user's, with its path for a project's.
    #[must_use]
    pub fn settings_slug(&self, settings: &Path) -> String {
        if settings.parent() == Some(&self.config) {
            return settings.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        let path = settings.to_string_lossy();
        let slug: String = path.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        // /a/b and /a-b read alike, so a hash of the path tells them apart; the kernel names where we stand without symlinks.
        let hash =
            u64::from_be_bytes(Sha256::digest(settings.as_os_str().as_bytes())[..8].try_into().unwrap_or_default());
        // A file's name holds 255 bytes; the end of a path says most.
        format!("{}-{hash:016x}", &slug[slug.len().saturating_sub(200)..])
    }
}
