//! Where everything lies.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

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
        // A file's name holds 255 bytes; the end of a path says most.
        slug[slug.len().saturating_sub(200)..].to_owned()
    }
}
