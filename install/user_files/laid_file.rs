//! A file that the receipt of the user files names.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::content_mark::ContentMark;

/// A file that was put into a folder of the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidFile {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub content: ContentMark,
}

impl LaidFile {
    /// Returns whether the file is still as it was put there.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        ContentMark::of_path(&self.path).is_ok_and(|mark| mark.as_ref() == Some(&self.content))
    }
}
