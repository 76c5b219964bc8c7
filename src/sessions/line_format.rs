//! The format of `sessions line --format`: text with named fields in braces.

use std::str::FromStr;

/// A field of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineField {
    /// How many sessions need approval.
    Approval,
    /// How many sessions wait for the next prompt.
    Waiting,
    /// How many sessions work.
    Working,
    /// How many sessions were started and have had no prompt yet.
    Started,
    /// How many sessions need the user: approval and waiting.
    Need,
    /// How many sessions are open.
    Open,
    /// The project of the session that is first in the list, if it needs the user.
    Next,
    /// For how long that session has needed the user.
    Age,
}

/// All fields with their names.
pub const LINE_FIELDS: [(&str, LineField); 8] = [
    ("approval", LineField::Approval),
    ("waiting", LineField::Waiting),
    ("working", LineField::Working),
    ("started", LineField::Started),
    ("need", LineField::Need),
    ("open", LineField::Open),
    ("next", LineField::Next),
    ("age", LineField::Age),
];

/// A part of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinePart {
    Text(String),
    Field(LineField),
}

/// A format that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFormat(Vec<LinePart>);

impl LineFormat {
    pub fn parts(&self) -> &[LinePart] {
        &self.0
    }
}

impl FromStr for LineFormat {
    type Err = String;

    /// Parses `text {field} text`. Two braces of a kind stand for one.
    fn from_str(format: &str) -> Result<Self, String> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = format;
        while let Some(index) = rest.find(['{', '}']) {
            let (before, from_brace) = rest.split_at(index);
            text.push_str(before);
            if let Some(after) = from_brace.strip_prefix("{{").or_else(|| from_brace.strip_prefix("}}")) {
                text.push_str(&from_brace[..1]);
                rest = after;
                continue;
            }
            let inner = from_brace.strip_prefix('{').ok_or("a `}` without a `{`; write `}}` for a brace")?;
            let (name, after) = inner.split_once('}').ok_or("a `{` without a `}`; write `{{` for a brace")?;
            let field = LINE_FIELDS.iter().find(|(known, _)| *known == name);
            let (_, field) = field.ok_or_else(|| format!("no field is called {name:?}; the fields are {}", names()))?;
            if !text.is_empty() {
                parts.push(LinePart::Text(std::mem::take(&mut text)));
            }
            parts.push(LinePart::Field(*field));
            rest = after;
        }
        text.push_str(rest);
        if !text.is_empty() {
            parts.push(LinePart::Text(text));
        }
        Ok(Self(parts))
    }
}

fn names() -> String {
    LINE_FIELDS.map(|(name, _)| name).join(", ")
}
