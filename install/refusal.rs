//! Why a command changed nothing.

use std::fmt;
use std::io;
use std::path::Path;

use crate::settings_editor;

/// The reason why a command changed no settings, and what the user can paste instead.
#[derive(Debug)]
pub struct Refusal {
    /// A sentence that names the reason and the path.
    pub reason: String,
    /// The `hooks` object to add to the settings by hand, if that helps.
    pub snippet: Option<String>,
}

impl Refusal {
    /// Makes a refusal that has a reason and no snippet.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), snippet: None }
    }

    /// Returns a function that makes a refusal of the settings editor name the file.
    pub fn in_file(file: &Path) -> impl Fn(settings_editor::EditRefusal) -> Self {
        move |refusal| Self::new(format!("{}: {refusal}", file.display()))
    }

    /// Returns a function that says how to go on without this option, which cannot be done.
    pub fn without_option(option: &str) -> impl Fn(Self) -> Self {
        move |refusal| {
            let reason = format!("{}: `hooks install` without {option} installs the hooks", refusal.reason);
            Self { reason, ..refusal }
        }
    }

    /// Adds sentences to the reason.
    #[must_use]
    pub fn with_details(self, details: impl Iterator<Item = String>) -> Self {
        let reason = details.fold(self.reason, |reason, detail| format!("{reason}; {detail}"));
        Self { reason, ..self }
    }

    /// Adds a snippet to paste.
    #[must_use]
    pub fn with_snippet(self, snippet: &str) -> Self {
        Self { snippet: Some(snippet.to_owned()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

/// The errors of fs-err name the operation and the path, and have the cause in their source. The reason contains both.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let cause =
            error.get_ref().and_then(std::error::Error::source).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::new(format!("{error}{cause}"))
    }
}
