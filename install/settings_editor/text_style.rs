//! How a file is written, so that what we add looks as if its author had.

use super::document::{self, Span};

/// The habits of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// `\n` or `\r\n`, as the file's first line ends.
    pub newline: &'static str,
    /// One level of indentation.
    pub unit: String,
    /// Between a key and its value: `: `, `:`.
    pub colon: String,
    /// After a comma on one line.
    pub comma_space: &'static str,
    /// Inside the braces of an object on one line.
    pub brace_space: &'static str,
    /// Whether what has no neighbour to follow goes on lines of its own.
    pub lines: bool,
}

impl TextStyle {
    /// The style of `text`, whose document is at `root`. An empty object says nothing: it gets two spaces and
    /// lines, as the CLI itself writes.
    pub fn detect_style(text: &str, root: Option<&Span>) -> Self {
        let mut style = Self {
            newline: if text.split('\n').next().is_some_and(|line| line.len() < text.len() && line.ends_with('\r')) {
                "\r\n"
            } else {
                "\n"
            },
            unit: "  ".to_owned(),
            colon: ": ".to_owned(),
            comma_space: " ",
            brace_space: "",
            lines: true,
        };
        let Some((root, members)) = root.and_then(|root| Some((root, document::members_of(text, root)?))) else {
            return style;
        };
        let Some(first) = members.first() else {
            return style;
        };
        style.lines = text[root.clone()].contains('\n');
        let colon = &text[first.key.end..first.value.start];
        if !colon.contains('\n') {
            colon.clone_into(&mut style.colon);
        }
        if !style.colon.ends_with(' ') {
            style.comma_space = "";
        }
        if let [first, second, ..] = members.as_slice() {
            let comma = &text[first.value.end..second.key.start];
            if !comma.contains('\n') {
                style.comma_space = if comma.ends_with(' ') { " " } else { "" };
            }
        }
        let open = &text[root.start + 1..first.key.start];
        match indentation_after(open) {
            Some(indent) => {
                let outer = line_indentation(text, root.start);
                indent.strip_prefix(outer).unwrap_or(indent).clone_into(&mut style.unit);
            }
            None if open.ends_with(' ') => style.brace_space = " ",
            None => {}
        }
        style
    }
}

/// The indentation that the white space `gap` ends in, where it starts a line.
pub fn indentation_after(gap: &str) -> Option<&str> {
    gap.rsplit_once('\n').map(|(_, line)| blank_prefix(line))
}

/// The indentation of the line that byte `at` is on.
pub fn line_indentation(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    blank_prefix(text[line..at].trim_start_matches('\u{feff}'))
}

fn blank_prefix(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
