//! A file that an installation puts into a folder of the user.

use std::path::{Path, PathBuf};

use super::content_mark::ContentMark;
use super::file_content::FileContent;
use super::file_state::FileState;
use super::user_files_receipt::UserFilesReceipt;

/// A link, a file of completions or a man page, as this build puts it there.
#[derive(Clone)]
pub struct UserFile {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub content: FileContent,
}

impl UserFile {
    /// Makes a link to an executable of the installation.
    #[must_use]
    pub fn link(path: PathBuf, target: PathBuf) -> Self {
        Self { path, content: FileContent::Link(target) }
    }

    /// Looks at what is at the path.
    #[must_use]
    pub fn inspect(&self, receipt: &UserFilesReceipt) -> FileState {
        let wanted = self.content.mark();
        match ContentMark::of_path(&self.path) {
            Ok(None) => FileState::Missing,
            // A link belongs to the installation to which it leads, whoever made it.
            Ok(Some(mark)) if mark == wanted && (mark.is_link() || receipt.names(&self.path, &mark)) => {
                FileState::Current
            }
            Ok(Some(mark)) if mark == wanted => FileState::Shared,
            Ok(Some(mark)) if receipt.names(&self.path, &mark) => FileState::Outdated,
            _ => FileState::Foreign,
        }
    }

    /// Returns the folder in which the file lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }
}
