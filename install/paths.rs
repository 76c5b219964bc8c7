//! Where the files of an installation lie.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;
use session_signals_protocol::file_names::SIGNAL_DIR;
use sha2::{Digest, Sha256};

use crate::environment::Environment;

/// Which settings file a command works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Yours, in every project: settings.json of the configuration directory
    User,
    /// Everybody's in this project: ./.claude/settings.json
    Project,
    /// Yours in this project: ./.claude/settings.local.json
    Local,
}

/// All scopes, the widest first.
pub const SCOPES: [Scope; 3] = [Scope::User, Scope::Project, Scope::Local];

impl Scope {
    /// Returns the value of `--scope`.
    #[must_use]
    pub fn word(self) -> &'static str {
        ["user", "project", "local"][self as usize]
    }
}

impl Environment {
    /// Returns the path of the settings file of a scope.
    #[must_use]
    pub fn settings_path(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::User => self.config_dir.join("settings.json"),
            Scope::Project => self.project_dir.join(".claude/settings.json"),
            Scope::Local => self.project_dir.join(".claude/settings.local.json"),
        }
    }

    /// Returns the directory of the installed executables and of the receipts.
    #[must_use]
    pub fn executables_dir(&self) -> PathBuf {
        self.config_dir.join("hooks/session-signals")
    }

    /// Returns the folder of the plugin. Claude Code looks for plugins of the user in the folder above it.
    #[must_use]
    pub fn plugin_dir(&self) -> PathBuf {
        self.config_dir.join("skills/session-signals")
    }

    /// Returns the signal directory.
    #[must_use]
    pub fn signal_dir(&self) -> PathBuf {
        self.config_dir.join(SIGNAL_DIR)
    }

    /// Returns the directory of the daemons' process ids and logs.
    #[must_use]
    pub fn daemons_dir(&self) -> PathBuf {
        self.config_dir.join("session-daemons")
    }

    /// Returns the directory where the settings are saved before a change.
    #[must_use]
    pub fn backups_dir(&self) -> PathBuf {
        self.config_dir.join("backups")
    }

    /// Returns the path that a hook command names: `~` and the variables of [`Self::fill_variables`] are replaced.
    #[must_use]
    pub fn expand_variables(&self, path: &str) -> PathBuf {
        let home = self.home.as_deref().unwrap_or(Path::new("/")).to_string_lossy();
        self.project_dir.join(match path.strip_prefix('~') {
            Some(rest) if rest.starts_with('/') => self.fill_variables(&format!("{home}{rest}")),
            _ => self.fill_variables(path),
        })
    }

    /// Replaces the variables that hook commands commonly use: `HOME`, `CLAUDE_PROJECT_DIR` and `CLAUDE_CONFIG_DIR`.
    #[must_use]
    pub fn fill_variables(&self, text: &str) -> String {
        let project = self.project_dir.to_string_lossy();
        let home = self.home.as_deref().unwrap_or(Path::new("/")).to_string_lossy();
        let config_dir = self.config_dir.to_string_lossy();
        let mut text = text.replace("${CLAUDE_CONFIG_DIR:-$HOME/.claude}", &config_dir);
        for (name, value) in [("HOME", &home), ("CLAUDE_PROJECT_DIR", &project), ("CLAUDE_CONFIG_DIR", &config_dir)] {
            text = text.replace(&format!("${{{name}}}"), value).replace(&format!("${name}"), value);
        }
        text
    }

    /// Returns a name for a settings file among the backups and the receipts. For the user's own settings it is the file's
    /// name, for other settings it is made of their path.
    #[must_use]
    pub fn settings_slug(&self, settings: &Path) -> String {
        if settings.parent() == Some(&self.config_dir) {
            return settings.file_name().unwrap_or_default().to_string_lossy().into_owned();
        }
        let path = settings.to_string_lossy();
        let slug: String = path.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        // `/a/b` and `/a-b` give the same slug. The hash of the path tells them apart.
        let hash =
            u64::from_be_bytes(Sha256::digest(settings.as_os_str().as_bytes())[..8].try_into().unwrap_or_default());
        // A file name has at most 255 bytes. The end of a path says more than its beginning.
        format!("{}-{hash:016x}", &slug[slug.len().saturating_sub(200)..])
    }
}
