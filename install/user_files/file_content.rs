//! The content that a user file is to have.

use std::path::PathBuf;

use super::content_mark::ContentMark;
use crate::settings_editor;

/// What a user file is to hold.
#[derive(Clone)]
pub enum FileContent {
    /// The file is a symbolic link to this path.
    Link(PathBuf),
    /// The file has these bytes.
    Bytes(Vec<u8>),
}

impl FileContent {
    /// Returns what the receipt notes of this content.
    #[must_use]
    pub fn mark(&self) -> ContentMark {
        match self {
            Self::Link(target) => ContentMark::Link(target.clone()),
            Self::Bytes(bytes) => ContentMark::Sha256(settings_editor::sha256(bytes)),
        }
    }
}
