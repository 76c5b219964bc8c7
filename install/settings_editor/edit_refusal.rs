//! The reasons not to edit a settings file. Each is one sentence that tells the user what to do.

use std::fmt;

/// A position in the text. Lines and columns count from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPosition {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl TextPosition {
    /// Returns the position of byte `at` of `text`. A byte order mark has no column.
    #[must_use]
    pub fn at_offset(text: &str, at: usize) -> Self {
        let mut at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[start..].trim_start_matches('\u{feff}').chars().count() + 1;
        Self { line, column }
    }
}

impl fmt::Display for TextPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The reason not to edit the settings. Its text is one sentence and does not name the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// The bytes are not UTF-8.
    NotUtf8(TextPosition),
    /// There is a comment. Claude Code reads strict JSON, which has none.
    Comment(TextPosition),
    /// The text is not strict JSON for another reason, which the parser gives.
    Malformed(TextPosition, String),
    /// The top-level value is not an object but a value of this kind.
    NotAnObject(TextPosition, &'static str),
    /// The value of `hooks` is not an object but a value of this kind.
    HooksNotAnObject(TextPosition, &'static str),
    /// The value of an event to register for is not an array. Holds the event's name and the kind of the value.
    EventNotAnArray(TextPosition, String, &'static str),
    /// The check of the finished edit failed, for this reason. This is a defect of the editor.
    CheckFailed(String),
}

impl fmt::Display for EditRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(at) => write!(f, "{at}: not UTF-8; save the file as UTF-8 first"),
            Self::Comment(at) => {
                write!(f, "{at}: comments make Claude Code ignore the whole file; remove this one first")
            }
            Self::Malformed(at, reason) => {
                write!(f, "{at}: not JSON ({reason}), so Claude Code ignores the whole file; repair it first")
            }
            Self::NotAnObject(at, kind) => {
                write!(f, "{at}: the settings must be an object {{…}}, not {kind}")
            }
            Self::HooksNotAnObject(at, kind) => {
                write!(f, "{at}: \"hooks\" must be an object {{…}}, not {kind}; repair or remove it first")
            }
            Self::EventNotAnArray(at, event, kind) => {
                write!(f, "{at}: \"{event}\" in \"hooks\" must be an array […], not {kind}; repair or remove it first")
            }
            Self::CheckFailed(reason) => {
                write!(
                    f,
                    "the check of the edit failed ({reason}); this is a defect of the installer, please report it"
                )
            }
        }
    }
}
