//! The JSON values that the editor writes, in the style of the file they are added to.

use super::text_style::TextStyle;

/// A JSON value to write.
#[derive(Clone, Debug)]
pub enum JsonValue {
    Text(String),
    Number(u32),
    Array(Vec<JsonValue>),
    Object(Vec<(String, JsonValue)>),
}

/// How to lay a value out: on one line, or over several lines, the first and last of which have this indentation.
#[derive(Clone, Copy)]
pub enum Layout<'a> {
    OneLine,
    Indented(&'a str),
}

impl JsonValue {
    /// Returns an array of strings.
    pub fn text_array(strings: &[&str]) -> Self {
        Self::Array(strings.iter().map(|string| Self::Text((*string).to_owned())).collect())
    }

    /// Returns the value as JSON text.
    pub fn to_text(&self, style: &TextStyle, layout: Layout) -> String {
        let deeper = match layout {
            Layout::OneLine => None,
            Layout::Indented(indent) => Some(format!("{indent}{}", style.unit)),
        };
        let inner = deeper.as_deref().map_or(Layout::OneLine, Layout::Indented);
        match self {
            Self::Text(string) => quote(string),
            Self::Number(number) => number.to_string(),
            Self::Array(items) => {
                let items = items.iter().map(|item| item.to_text(style, inner)).collect::<Vec<_>>();
                enclose(["[", "]"], "", style, layout, &items)
            }
            Self::Object(members) => {
                let members =
                    members.iter().map(|(key, value)| render_member(key, value, style, inner)).collect::<Vec<_>>();
                enclose(["{", "}"], style.brace_space, style, layout, &members)
            }
        }
    }
}

/// Returns `string` as a JSON string, with its quotes. Escapes as `JSON.stringify` does, so the CLI does not change the
/// string when it writes the file again.
pub fn quote(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

/// Returns an object's member as JSON text: `"timeout": 10`.
pub fn render_member(key: &str, value: &JsonValue, style: &TextStyle, layout: Layout) -> String {
    quote(key) + &style.colon + &value.to_text(style, layout)
}

/// Returns the texts of `children` between two brackets. `space` goes inside the brackets if all is on one line.
fn enclose([open, close]: [&str; 2], space: &str, style: &TextStyle, layout: Layout, children: &[String]) -> String {
    if children.is_empty() {
        return format!("{open}{close}");
    }
    match layout {
        Layout::OneLine => {
            let children = children.join(&format!(",{}", style.comma_space));
            format!("{open}{space}{children}{space}{close}")
        }
        Layout::Indented(indent) => {
            let line = format!("{}{indent}", style.newline);
            let inner = format!("{line}{}", style.unit);
            format!("{open}{inner}{}{line}{close}", children.join(&format!(",{inner}")))
        }
    }
}
