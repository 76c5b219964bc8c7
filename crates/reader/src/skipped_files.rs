//! How many files could not be understood.

/// How many files were skipped because they could not be understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkippedFiles {
    /// Files in the CLI's registry.
    pub registry: usize,
    /// Transcripts that were needed.
    pub transcripts: usize,
    /// Files in the signal directory.
    pub signals: usize,
}

impl SkippedFiles {
    /// Returns the name of each source and its count.
    #[must_use]
    pub fn by_source(self) -> [(&'static str, usize); 3] {
        [("registry", self.registry), ("transcripts", self.transcripts), ("signals", self.signals)]
    }
}
