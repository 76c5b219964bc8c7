//! What is at the path of a user file.

/// What is at the path of a user file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Nothing.
    Missing,
    /// The file of this build, and it is ours.
    Current,
    /// A file that an earlier run of this installation wrote.
    Outdated,
    /// A file with the right content that another installation wrote. It is not ours to remove.
    Shared,
    /// Something else.
    Foreign,
}

impl FileState {
    /// Returns whether an installation writes the file.
    #[must_use]
    pub fn is_written(self) -> bool {
        matches!(self, Self::Missing | Self::Outdated)
    }
}
