//! What the user has chosen about links, completions and man pages.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::command_line::InstallOptions;
use crate::environment::Environment;

/// The choice. Later installations keep it, so the receipt holds it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFilesChoice {
    /// The folder for the links, if `--bin-dir` names one.
    pub bin_dir: Option<PathBuf>,
    /// Whether the user wants no links.
    pub no_links: bool,
    /// Whether the user wants completions and man pages.
    pub completions: bool,
}

impl UserFilesChoice {
    /// Returns the choice with what the options of this run change.
    #[must_use]
    pub fn with_options(mut self, env: &Environment, options: &InstallOptions) -> Self {
        if let Some(folder) = &options.bin_dir {
            self.bin_dir = Some(normalize(&env.project_dir.join(folder)));
            self.no_links = false;
        }
        self.no_links |= options.no_links;
        self.completions = options.completions || self.completions && !options.no_completions;
        self
    }
}

/// Returns a path without `.` and without a slash at its end.
fn normalize(path: &Path) -> PathBuf {
    path.components().collect()
}
