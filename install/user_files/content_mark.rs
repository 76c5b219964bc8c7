//! What is known of the content of a user file.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::settings_editor;

/// What the receipt notes of the content of a user file. By it a file that somebody changed is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContentMark {
    /// The target of a symbolic link.
    Link(PathBuf),
    /// The SHA-256 hash of the bytes, in hexadecimal digits.
    Sha256(String),
}

impl ContentMark {
    /// Returns the mark of what is at a path; `None` if nothing is there.
    ///
    /// # Errors
    /// If something is there that is neither a link nor a file that can be read.
    pub fn of_path(path: &Path) -> io::Result<Option<Self>> {
        match path.symlink_metadata() {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
            Ok(meta) if meta.is_symlink() => std::fs::read_link(path).map(|target| Some(Self::Link(target))),
            Ok(meta) if meta.is_file() => {
                std::fs::read(path).map(|bytes| Some(Self::Sha256(settings_editor::sha256(&bytes))))
            }
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file")),
        }
    }

    /// Returns whether this is the mark of a link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }
}
