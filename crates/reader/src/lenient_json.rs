//! JSON of which one odd value costs itself: what is of another type than expected, or no Rust value at all.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The value; `None` where it makes no sense.
pub fn lenient<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(value(<&RawValue>::deserialize(from)?.get()))
}

/// The value, or the default.
pub fn or_default<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: for<'a> Deserialize<'a> + Default,
{
    lenient(from).map(Option::unwrap_or_default)
}

/// Those objects of an array that make sense; `None` where it is no array.
pub fn each<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<Vec<T>>, D::Error> {
    let items: Option<Vec<&RawValue>> = serde_json::from_str(<&RawValue>::deserialize(from)?.get()).ok();
    // serde would take an array for a struct whose members are all optional.
    let object = |item: &RawValue| item.get().starts_with('{').then(|| value(item.get())).flatten();
    Ok(items.map(|items| items.into_iter().filter_map(object).collect()))
}

fn value<T: for<'a> Deserialize<'a>>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok().or_else(|| serde_json::from_str(&without_lone_surrogates(json)?).ok())
}

/// JSON with U+FFFD for each half of a character, which JSON can say and Rust's strings cannot; `None` where it has none.
fn without_lone_surrogates(json: &str) -> Option<String> {
    let code = |at: usize| {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::new();
    let (mut done, mut from) = (0, 0);
    while let Some(found) = json[from..].find('\\') {
        let at = from + found;
        from = match (code(at), code(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at + 12,
            (Some(0xd800..=0xdfff), _) => {
                mended += &json[done..at];
                mended.push('\u{fffd}');
                done = at + 6;
                done
            }
            // An escaped backslash begins nothing. What is escaped is ASCII, or this is no JSON.
            _ => (at + 2).min(json.len()),
        };
        if !json.is_char_boundary(from) {
            return None;
        }
    }
    mended += &json[done..];
    (done > 0).then_some(mended)
}
