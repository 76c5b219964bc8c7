//! Finds the parts of strict JSON text: which bytes are a member's key, its value, or an array's item.
//!
//! Nothing is copied or written anew. `serde_json`'s raw values are slices of the text, and a [`Span`] says where such
//! a slice is. Example: in `{"a": [1]}` the object is `0..10`, the key of its member is `1..4`, the value of its member
//! is `6..9`, and the item of that array is `7..8`.

use std::{borrow::Cow, fmt, ops::Range};

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::edit_refusal::{EditRefusal, TextPosition};

/// A range of bytes, counted from the start of the text. A byte order mark at the start counts, too.
pub type Span = Range<usize>;

/// A member of an object. The span of the key includes its quotes.
#[derive(Clone, Debug)]
pub struct JsonMember {
    pub key: Span,
    pub value: Span,
}

impl JsonMember {
    /// Returns the span from the start of the key to the end of the value.
    pub fn whole_span(&self) -> Span {
        self.key.start..self.value.end
    }
}

/// Checks that `bytes` are strict JSON and returns the text and the span of its top-level value.
///
/// Strict means RFC 8259, as the CLI's parser reads it: no comments, no trailing commas. A byte order mark is allowed.
/// The span is `None` if there is nothing but white space, which the CLI reads as no settings.
///
/// # Errors
/// [`EditRefusal::NotUtf8`], [`EditRefusal::Comment`] or [`EditRefusal::Malformed`], with the position.
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
        Ok(value) => Ok((text, Some(span_of(text, value)))),
        Err(error) => Err(explain_syntax_error(text, json, &error)),
    }
}

/// Returns the members of the object at `at`, in order. A key that is written twice gives two members. `None` if the
/// value is not an object.
pub fn read_members(text: &str, at: &Span) -> Option<Vec<JsonMember>> {
    struct Members<'a>(&'a str);
    impl<'a> Visitor<'a> for Members<'a> {
        type Value = Vec<JsonMember>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                members.push(JsonMember { key: span_of(self.0, key), value: span_of(self.0, value) });
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(&text[at.clone()]).deserialize_map(Members(text)).ok()
}

/// Returns the items of the array at `at`, in order. `None` if the value is not an array.
pub fn read_items(text: &str, at: &Span) -> Option<Vec<Span>> {
    struct Items<'a>(&'a str);
    impl<'a> Visitor<'a> for Items<'a> {
        type Value = Vec<Span>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }
        fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element::<&RawValue>()? {
                items.push(span_of(self.0, item));
            }
            Ok(items)
        }
    }
    serde_json::Deserializer::from_str(&text[at.clone()]).deserialize_seq(Items(text)).ok()
}

/// Returns the index of the member that counts for the key `name`.
///
/// If the key is written more than once, the last one counts, as it does for the CLI. Escapes are decoded first:
/// `"St\u006fp"` is the key `Stop`.
pub fn find_member(text: &str, members: &[JsonMember], name: &str) -> Option<usize> {
    members.iter().rposition(|member| read_string(text, &member.key).is_some_and(|key| key == name))
}

/// Returns the value that counts for the key `name`, as [`find_member`] does.
pub fn find_value<'a>(text: &str, members: &'a [JsonMember], name: &str) -> Option<&'a Span> {
    find_member(text, members, name).map(|member| &members[member].value)
}

/// Returns the spans of members, each from its key to its value.
pub fn whole_spans(members: &[JsonMember]) -> Vec<Span> {
    members.iter().map(JsonMember::whole_span).collect()
}

/// Returns the decoded string at `at`. `None` if the value is not a string, or is one with half a surrogate pair.
pub fn read_string<'a>(text: &'a str, at: &Span) -> Option<Cow<'a, str>> {
    let raw = &text[at.clone()];
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// Names the type of the value at `at` for a message: `an object`, `null`.
pub fn value_kind(text: &str, at: &Span) -> &'static str {
    match text.as_bytes()[at.start] {
        b'{' => "an object",
        b'[' => "an array",
        b'"' => "a string",
        b't' | b'f' => "a boolean",
        b'n' => "null",
        _ => "a number",
    }
}

/// Returns the span of a raw value. The value borrows from `text`, so the two addresses give its offset.
fn span_of(text: &str, raw: &RawValue) -> Span {
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + raw.get().len()
}

/// Turns an error of `serde_json` into a refusal with the position and the reason. Names the common mistakes in plain
/// words.
fn explain_syntax_error(text: &str, json: &str, error: &serde_json::Error) -> EditRefusal {
    // serde_json counts columns in bytes and gives the column of the wrong byte. At the end of a line it gives the
    // column of the newline.
    let lines = json.split_inclusive('\n').take(error.line() - 1);
    let line = text.len() - json.len() + lines.map(str::len).sum::<usize>();
    let at = line + error.column().saturating_sub(1);
    let position = TextPosition::at_offset(text, at);
    let rest = text.as_bytes().get(at..).unwrap_or_default();
    let before = text.as_bytes().get(..at).unwrap_or_default().trim_ascii_end();
    let reason = match (before.last(), rest) {
        (_, [b'/', b'/' | b'*', ..]) => return EditRefusal::Comment(position),
        (Some(b','), [b'}' | b']', ..]) => "a comma before the closing bracket".to_owned(),
        (_, [b'\'', ..]) => "a single quote; strings take double quotes".to_owned(),
        _ if error.is_eof() => "the text ends too early".to_owned(),
        _ => error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
    };
    EditRefusal::Malformed(position, reason)
}
