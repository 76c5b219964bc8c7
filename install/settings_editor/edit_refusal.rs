//! Why a settings file is left alone, in one sentence a person can act on.

use std::fmt;

/// A place in the text: both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextPosition {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl TextPosition {
    /// The place of byte `at` in `text`; a byte order mark is no column.
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

/// The reason nothing is edited. Displays as one sentence without the file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditRefusal {
    /// The bytes are not UTF-8.
    NotUtf8(TextPosition),
    /// A comment: Claude Code reads strict JSON.
    Comment(TextPosition),
    /// Any other text that is not strict JSON, and what the parser says of it.
    Malformed(TextPosition, String),
    /// The document is something else than an object; named by its kind.
    NotAnObject(TextPosition, &'static str),
    /// `hooks` is something else than an object; named by its kind.
    HooksNotAnObject(TextPosition, &'static str),
    /// An event to register for is something else than an array: its name and kind.
    EventNotAnArray(TextPosition, String, &'static str),
    /// The edit would have touched something that is not ours: a defect of the editor, caught by its proof.
    Unproven(String),
}

impl fmt::Display for EditRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(at) => write!(f, "{at}: not UTF-8; save the file as UTF-8 first"),
            Self::Comment(at) => {
                write!(f, "{at}: comments make Claude Code ignore the whole file; remove this one first")
            }
            Self::Malformed(at, why) => {
                write!(f, "{at}: not JSON ({why}), so Claude Code ignores the whole file; mend it first")
            }
            Self::NotAnObject(at, kind) => {
                write!(f, "{at}: the settings must be an object {{…}}, not {kind}")
            }
            Self::HooksNotAnObject(at, kind) => {
                write!(f, "{at}: \"hooks\" must be an object {{…}}, not {kind}; mend or remove it first")
            }
            Self::EventNotAnArray(at, event, kind) => {
                write!(f, "{at}: \"{event}\" in \"hooks\" must be an array […], not {kind}; mend or remove it first")
            }
            Self::Unproven(why) => {
                write!(f, "the edit did not prove safe ({why}); this is a defect of the installer, please report it")
            }
        }
    }
}

impl std::error::Error for EditRefusal {}
