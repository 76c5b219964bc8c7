//! The style in which a file is written, so that what the editor adds looks like the rest of the file.

use super::document::{self, Span};

/// The style of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// The line end, `\n` or `\r\n`, as the file's first line has it.
    pub newline: &'static str,
    /// One level of indentation: two spaces, a tab.
    pub unit: String,
    /// What stands between a key and its value: `: ` or `:`.
    pub colon: String,
    /// The white space after a comma if the next item is on the same line.
    pub comma_space: &'static str,
    /// The white space inside the braces of an object on one line.
    pub brace_space: &'static str,
    /// Whether a new value goes over several lines if the container has no other child that shows how.
    pub is_multi_line: bool,
}

impl TextStyle {
    /// Detects the style of `text`, whose top-level value is at `root`.
    ///
    /// An empty object shows no style. It gets lines with two spaces of indentation, as the CLI itself writes them.
    pub fn detect(text: &str, root: Option<&Span>) -> Self {
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
            is_multi_line: true,
        };
        let Some((root, members)) = root.and_then(|root| Some((root, document::read_members(text, root)?))) else {
            return style;
        };
        let Some(first) = members.first() else {
            return style;
        };
        style.is_multi_line = text[root.clone()].contains('\n');
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

/// Returns the indentation of the last line of `gap`, the white space between two tokens. `None` if the gap has no line
/// end. Example: `",\n  "` gives two spaces.
pub fn indentation_after(gap: &str) -> Option<&str> {
    gap.rsplit_once('\n').map(|(_, line)| blank_prefix(line))
}

/// Returns the indentation of the line that holds byte `at`.
pub fn line_indentation(text: &str, at: usize) -> &str {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    blank_prefix(text[line..at].trim_start_matches('\u{feff}'))
}

/// Returns the spaces and tabs that `line` begins with.
fn blank_prefix(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}
