//! Strict JSON text as spans: which bytes are a member's key, its value, an array's item.

use std::{borrow::Cow, fmt, ops::Range};

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::edit_refusal::{EditRefusal, TextPosition};

/// Bytes from the start of the text, byte order mark included.
pub type Span = Range<usize>;

/// An object's member; `key` with its quotes.
#[derive(Clone, Debug)]
pub struct JsonMember {
    pub key: Span,
    pub value: Span,
}

impl JsonMember {
    /// The whole member, from its key to its value.
    pub fn span_of(&self) -> Span {
        self.key.start..self.value.end
    }
}

/// Checks that `bytes` are strict JSON (as RFC 8259 and the CLI's parser have it, a byte order mark allowed)
/// and finds the document. `None`: nothing but white space, which the CLI reads as no settings.
pub fn parse_document(bytes: &[u8]) -> Result<(&str, Option<Span>), EditRefusal> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = &bytes[..error.valid_up_to()];
        EditRefusal::NotUtf8(TextPosition::at_offset(&String::from_utf8_lossy(valid), valid.len()))
    })?;
    let json = text.strip_prefix('\u{feff}').unwrap_or(text);
    if json.bytes().all(|byte| byte.is_ascii_whitespace() && byte != b'\x0c') {
        return Ok((text, None));
    }
    match serde_json::from_str::<&RawValue>(json) {
        Ok(value) => Ok((text, Some(span(text, value)))),
        Err(error) => Err(malformed_at(text, json, &error)),
    }
}

/// The members of the object at `at`, in order, duplicates included; `None` where that is no object.
pub fn members_of(text: &str, at: &Span) -> Option<Vec<JsonMember>> {
    struct Members<'a>(&'a str);
    impl<'a> Visitor<'a> for Members<'a> {
        type Value = Vec<JsonMember>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                members.push(JsonMember { key: span(self.0, key), value: span(self.0, value) });
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(&text[at.clone()]).deserialize_map(Members(text)).ok()
}

/// The items of the array at `at`; `None` where that is no array.
pub fn items_of(text: &str, at: &Span) -> Option<Vec<Span>> {
    struct Items<'a>(&'a str);
    impl<'a> Visitor<'a> for Items<'a> {
        type Value = Vec<Span>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element::<&RawValue>()? {
                items.push(span(self.0, item));
            }
            Ok(items)
        }
    }
    serde_json::Deserializer::from_str(&text[at.clone()]).deserialize_seq(Items(text)).ok()
}

/// The member that counts for `name`: the last one of that key, however the key is escaped.
pub fn find_member(text: &str, members: &[JsonMember], name: &str) -> Option<usize> {
    members.iter().rposition(|member| string_at(text, &member.key).is_some_and(|key| key == name))
}

/// The string at `at`, decoded; `None` where that is no string, or one with a lone surrogate.
pub fn string_at<'a>(text: &'a str, at: &Span) -> Option<Cow<'a, str>> {
    let raw = &text[at.clone()];
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// What the value at `at` is, in words.
pub fn kind_at(text: &str, at: &Span) -> &'static str {
    match text.as_bytes()[at.start] {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a string",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}

/// A raw value borrows from the text it was read from, so its address is its place.
fn span(text: &str, raw: &RawValue) -> Span {
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + raw.get().len()
}

fn malformed_at(text: &str, json: &str, error: &serde_json::Error) -> EditRefusal {
    // serde_json counts columns in bytes and names the offending one; at the end of a line, the newline.
    let lines = json.split_inclusive('\n').take(error.line() - 1);
    let line = text.len() - json.len() + lines.map(str::len).sum::<usize>();
    let at = line + error.column().saturating_sub(1);
    let place = TextPosition::at_offset(text, at);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let before = text.as_bytes().get(..at).unwrap_or_default().trim_ascii_end();
    let why = match (before.last(), rest) {
        (_, [b'/', b'/' | b'*', ..]) => return EditRefusal::Comment(place),
        (Some(b','), [b'}' | b']', ..]) => "a comma before the closing bracket".to_owned(),
        (_, [b'\'', ..]) => "a single quote; strings take double quotes".to_owned(),
        _ if error.is_eof() => "the text ends too early".to_owned(),
        _ => error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    };
    EditRefusal::Malformed(place, why)
}
