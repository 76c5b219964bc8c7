//! The few values we write, in a file's own style.

use super::{plan::Registration, style::Style};

/// A value of ours.
#[derive(Clone, Debug)]
pub enum Json {
    Text(String),
    Number(u32),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Where a value goes: on the line it starts on, or over lines of this indentation.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Line,
    Lines(&'a str),
}

/// The group that registers one hook: `{"hooks":[…]}`, for every matcher.
pub fn group(registration: &Registration) -> Json {
    let mut hook = vec![
        ("type".to_owned(), Json::Text("command".to_owned())),
        ("command".to_owned(), Json::Text(registration.command.clone())),
    ];
    if let Some(args) = registration.args {
        hook.push(("args".to_owned(), texts(args)));
    }
    hook.push(("timeout".to_owned(), Json::Number(registration.timeout)));
    Json::Object(vec![("hooks".to_owned(), Json::Array(vec![Json::Object(hook)]))])
}

/// An array of strings.
pub fn texts(strings: &[&str]) -> Json {
    Json::Array(strings.iter().map(|string| Json::Text((*string).to_owned())).collect())
}

/// A string's text. Written as `JSON.stringify` does, so that the CLI's own rewrite leaves it alone.
pub fn text(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

impl Json {
    /// The value's text at `place`.
    pub fn render(&self, style: &Style, place: Place) -> String {
        let deeper = match place {
            Place::Line => None,
            Place::Lines(indent) => Some(format!("{indent}{}", style.unit)),
        };
        let inner = deeper.as_deref().map_or(Place::Line, Place::Lines);
        match self {
            Self::Text(string) => text(string),
            Self::Number(number) => number.to_string(),
            Self::Array(items) => {
                let items = items.iter().map(|item| item.render(style, inner)).collect::<Vec<_>>();
                enclose(["[", "]"], "", style, place, &items)
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| member(key, value, style, inner)).collect::<Vec<_>>();
                enclose(["{", "}"], style.brace_space, style, place, &members)
            }
        }
    }
}

/// A member's text at `place`.
pub fn member(key: &str, value: &Json, style: &Style, place: Place) -> String {
    text(key) + &style.colon + &value.render(style, place)
}

/// Children between brackets.
fn enclose([open, close]: [&str; 2], space: &str, style: &Style, place: Place, children: &[String]) -> String {
    if children.is_empty() {
        return format!("{open}{close}");
    }
    match place {
        Place::Line => {
            let children = children.join(&format!(",{}", style.comma_space));
            format!("{open}{space}{children}{space}{close}")
        }
        Place::Lines(indent) => {
            let line = format!("{}{indent}", style.newline);
            let inner = format!("{line}{}", style.unit);
            format!("{open}{inner}{}{line}{close}", children.join(&format!(",{inner}")))
        }
    }
}
