//! Where everything lies.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::env::Env;

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

impl Env {
    /// The settings file of a scope.
    #[must_use]
    pub fn settings(&self, scope: Scope) -> PathBuf {
        match scope {
            Scope::User => self.config.join("settings.json"),
            Scope::Project => self.project.join(".claude/settings.json"),
            Scope::Local => self.project.join(".claude/settings.local.json"),
        }
    }

    /// Where the executables are copied to, and the receipts lie.
    #[must_use]
    pub fn executables(&self) -> PathBuf {
        self.config.join("hooks/session-signals")
    }

    /// Where the hooks publish.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.config.join("session-signals")
    }

    /// Where the settings are saved before a change.
    #[must_use]
    pub fn backups(&self) -> PathBuf {
        self.config.join("backups")
    }

    /// A name for a settings file among the backups and receipts: its own for the user's, with its path for a project's.
    #[must_use]
    pub fn slug(&self, settings: &Path) -> String {
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
