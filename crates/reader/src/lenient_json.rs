//! JSON of which one odd value costs itself: what is of another type than expected, or no Rust value at all.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use session_signals_protocol::json::replace_lone_surrogates;

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
    serde_json::from_str(json).ok().or_else(|| {
        // Half of a surrogate pair is JSON, but not a Rust string.
        let mut text = Some(json).filter(|json| json.contains("\\u"))?.as_bytes().to_vec();
        replace_lone_surrogates(&mut text);
        serde_json::from_slice(&text).ok()
    })
}
