//! The receipt of the user files: what an installation put into folders of the user, so that nothing of somebody else is replaced
//! or removed.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use serde::{Deserialize, Serialize};

use super::content_mark::ContentMark;
use super::laid_file::LaidFile;
use super::user_file::UserFile;
use super::user_files_choice::UserFilesChoice;
use crate::atomic_file;
use crate::environment::Environment;

/// The receipt. It lies beside the executables. While a run writes files, it names the old ones and the new ones.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFilesReceipt {
    /// What the user has chosen.
    #[serde(flatten)]
    pub choice: UserFilesChoice,
    /// The files. A path may be there more than once.
    pub files: Vec<LaidFile>,
    /// The folders that an installation made for them, each after the folder in which it lies.
    pub folders: Vec<PathBuf>,
}

impl UserFilesReceipt {
    /// Returns the path of the receipt.
    #[must_use]
    pub fn path(env: &Environment) -> PathBuf {
        env.executables_dir().join("user-files-receipt")
    }

    /// Reads the receipt; it is empty if there is none that can be read.
    #[must_use]
    pub fn load(env: &Environment) -> Self {
        let text = std::fs::read(Self::path(env)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Writes the receipt. An empty one is removed.
    ///
    /// # Errors
    /// If the file system refuses a step, and if a path is not UTF-8.
    pub fn store(&self, env: &Environment) -> io::Result<()> {
        if *self == Self::default() {
            return atomic_file::delete_file(&Self::path(env));
        }
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        fs::create_dir_all(env.executables_dir())?;
        atomic_file::write_file(&Self::path(env), &text, 0o600)
    }

    /// Returns whether an installation put a file with this content at this path.
    #[must_use]
    pub fn names(&self, path: &Path, content: &ContentMark) -> bool {
        self.files.iter().any(|file| file.path == path && file.content == *content)
    }

    /// Returns the receipt of these files and the new ones, before they are written.
    #[must_use]
    pub fn with_files(&self, files: &[&UserFile]) -> Self {
        let mut receipt = self.clone();
        for file in files {
            let content = file.content.mark();
            if !receipt.names(&file.path, &content) {
                receipt.files.push(LaidFile { path: file.path.clone(), content });
            }
            let missing = file.folder().ancestors().take_while(|folder| folder.symlink_metadata().is_err());
            let missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
            for folder in missing.into_iter().rev() {
                if !receipt.folders.contains(&folder) {
                    receipt.folders.push(folder);
                }
            }
        }
        receipt
    }

    /// Returns the receipt of what is there now, after the files were written.
    #[must_use]
    pub fn of_present(mut self) -> Self {
        self.files.retain(LaidFile::is_unchanged);
        self.folders.retain(|folder| folder.is_dir());
        self
    }
}
