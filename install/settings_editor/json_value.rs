//! The few values we write, in a file's own style.

use super::{edit_plan::Registration, text_style::TextStyle};

/// A value of ours.
#[derive(Clone, Debug)]
pub enum JsonValue {
    Text(String),
    Number(u32),
    Array(Vec<JsonValue>),
    Object(Vec<(String, JsonValue)>),
}

/// Where a value goes: on the line it starts on, or over lines of this indentation.
#[derive(Clone, Copy)]
pub enum RenderPosition<'a> {
    Line,
    Lines(&'a str),
}

/// The group that registers one hook: `{"hooks":[…]}`, for every matcher.
pub fn group_of(registration: &Registration) -> JsonValue {
    let mut hook = vec![
        ("type".to_owned(), JsonValue::Text("command".to_owned())),
        ("command".to_owned(), JsonValue::Text(registration.command.clone())),
    ];
    if let Some(args) = registration.args {
        hook.push(("args".to_owned(), text_array(args)));
    }
    hook.push(("timeout".to_owned(), JsonValue::Number(registration.timeout)));
    JsonValue::Object(vec![("hooks".to_owned(), JsonValue::Array(vec![JsonValue::Object(hook)]))])
}

/// An array of strings.
pub fn text_array(strings: &[&str]) -> JsonValue {
    JsonValue::Array(strings.iter().map(|string| JsonValue::Text((*string).to_owned())).collect())
}

/// A string's text. Written as `JSON.stringify` does, so that the CLI's own rewrite leaves it alone.
pub fn quoted_text(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

impl JsonValue {
    /// The value's text at `place`.
    pub fn to_text(&self, style: &TextStyle, place: RenderPosition) -> String {
        let deeper = match place {
            RenderPosition::Line => None,
            RenderPosition::Lines(indent) => Some(format!("{indent}{}", style.unit)),
        };
        let inner = deeper.as_deref().map_or(RenderPosition::Line, RenderPosition::Lines);
        match self {
            Self::Text(string) => quoted_text(string),
            Self::Number(number) => number.to_string(),
            Self::Array(items) => {
                let items = items.iter().map(|item| item.to_text(style, inner)).collect::<Vec<_>>();
                render_enclosed(["[", "]"], "", style, place, &items)
            }
            Self::Object(members) => {
                let members =
                    members.iter().map(|(key, value)| render_member(key, value, style, inner)).collect::<Vec<_>>();
                render_enclosed(["{", "}"], style.brace_space, style, place, &members)
            }
        }
    }
}

/// A member's text at `place`.
pub fn render_member(key: &str, value: &JsonValue, style: &TextStyle, place: RenderPosition) -> String {
    quoted_text(key) + &style.colon + &value.to_text(style, place)
}

/// Children between brackets.
fn render_enclosed(
    [open, close]: [&str; 2],
    space: &str,
    style: &TextStyle,
    place: RenderPosition,
    children: &[String],
) -> String {
    if children.is_empty() {
        return format!("{open}{close}");
    }
    match place {
        RenderPosition::Line => {
            let children = children.join(&format!(",{}", style.comma_space));
            format!("{open}{space}{children}{space}{close}")
        }
        RenderPosition::Lines(indent) => {
            let line = format!("{}{indent}", style.newline);
            let inner = format!("{line}{}", style.unit);
            format!("{open}{inner}{}{line}{close}", children.join(&format!(",{inner}")))
        }
    }
}
