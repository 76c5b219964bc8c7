//! Why nothing was changed.

use std::fmt;
use std::io;
use std::path::Path;

use crate::settings_editor;

/// A sentence for the user, and what they can paste instead.
#[derive(Debug)]
pub struct Refusal {
    /// What stands in the way, with the path it stands at.
    pub reason: String,
    /// The `hooks` object to add by hand, where that helps.
    pub snippet: Option<String>,
}

impl Refusal {
    /// A refusal with a reason alone.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), snippet: None }
    }

    /// Names the file that the editor refuses.
    pub fn in_file(file: &Path) -> impl Fn(settings_editor::EditRefusal) -> Self {
        move |refusal| Self::new(format!("{}: {refusal}", file.display()))
    }

    /// The same, with more that its reader has to know.
    #[must_use]
    pub fn with_details(self, more: impl Iterator<Item = String>) -> Self {
        let reason = more.fold(self.reason, |reason, more| format!("{reason}; {more}"));
        Self { reason, ..self }
    }

    /// The same with a snippet to paste.
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

/// fs-err's errors name the operation and the path, but keep the cause to themselves.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        let cause =
            error.get_ref().and_then(std::error::Error::source).map(|cause| format!(": {cause}")).unwrap_or_default();
        Self::new(format!("{error}{cause}"))
    }
}
