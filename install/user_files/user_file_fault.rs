//! What is wrong with the user files.

use std::path::PathBuf;

/// What is wrong with the user files: a sentence, and the path that it is about.
pub enum UserFileFault {
    /// A link is missing, leads to another place, or is not needed.
    Link(String, PathBuf),
    /// Completions or man pages are missing, or another version wrote them.
    Completions(String, PathBuf),
}
