//! The receipt of the plugin: which files an installation laid down, so that nothing of somebody else is replaced or removed.

use std::io;
use std::path::PathBuf;

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::folder::PLUGIN_FILES;
use crate::environment::Environment;
use crate::{atomic_file, settings_editor};

/// The receipt of the plugin. It lies beside the executables. While a run writes the plugin, it names the old files and the new
/// ones.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginReceipt {
    /// The files. A name may be there more than once.
    files: Vec<LaidFile>,
    /// Whether the installation made the folder of all plugins, too.
    pub made_skills_dir: bool,
}

/// A file that was laid down.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LaidFile {
    /// Its path in the folder of the plugin.
    name: String,
    /// The SHA-256 hash of its content, in hexadecimal digits.
    sha256: String,
}

impl LaidFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), sha256: settings_editor::sha256(bytes) }
    }
}

impl PluginReceipt {
    /// Returns the path of the receipt.
    #[must_use]
    pub fn path(env: &Environment) -> PathBuf {
        env.executables_dir().join("plugin-receipt")
    }

    /// Returns whether there is a receipt: an installation laid the plugin down, or was about to do so.
    #[must_use]
    pub fn exists(env: &Environment) -> bool {
        Self::path(env).exists()
    }

    /// Reads the receipt; it is empty if there is none that can be read.
    #[must_use]
    pub fn load(env: &Environment) -> Self {
        let text = std::fs::read(Self::path(env)).unwrap_or_default();
        let mut receipt: Self = serde_json::from_slice(&text).unwrap_or_default();
        // A name that leads out of the folder was not written by us.
        receipt.files.retain(|file| file.name.split('/').all(|part| !matches!(part, "" | "." | "..")));
        receipt
    }

    /// Writes the receipt.
    ///
    /// # Errors
    /// If the file system refuses a step.
    pub fn store(&self, env: &Environment) -> io::Result<()> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        fs::create_dir_all(env.executables_dir())?;
        atomic_file::write_file(&Self::path(env), &text, 0o600)
    }

    /// Returns the receipt of these files and those of this build, before they are written.
    #[must_use]
    pub fn with_this_build(&self, env: &Environment) -> Self {
        let makes_skills_dir = env.plugin_dir().parent().is_some_and(|skills| skills.symlink_metadata().is_err());
        let mut files = self.files.clone();
        files.extend(files_of_this_build().into_iter().filter(|file| !self.files.contains(file)));
        Self { files, made_skills_dir: self.made_skills_dir || makes_skills_dir }
    }

    /// Returns the receipt of the files of this build alone, after they were written.
    #[must_use]
    pub fn of_this_build(&self) -> Self {
        Self { files: files_of_this_build(), ..*self }
    }

    /// Returns the names of the files, each once.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.files.iter().map(|file| &*file.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns whether an installation laid down a file of this name with this content.
    #[must_use]
    pub fn names_file(&self, name: &str, bytes: &[u8]) -> bool {
        let file = LaidFile::new(name, bytes);
        self.files.contains(&file)
    }
}

fn files_of_this_build() -> Vec<LaidFile> {
    PLUGIN_FILES.iter().map(|file| LaidFile::new(file.name, file.bytes)).collect()
}
