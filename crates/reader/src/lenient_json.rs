//! Reads JSON in which a value may have another type than expected, or cannot be a Rust value at all. Such a value counts as
//! missing, and the rest is read.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use session_signals_protocol::json::replace_lone_surrogates;

/// Reads a value; `None` if it has another type than expected.
pub fn lenient<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<T>, D::Error> {
    Ok(parse(<&RawValue>::deserialize(from)?.get()))
}

/// Reads a value, or returns the default if it has another type than expected.
pub fn or_default<'de, D: Deserializer<'de>, T>(from: D) -> Result<T, D::Error>
where
    T: for<'a> Deserialize<'a> + Default,
{
    lenient(from).map(Option::unwrap_or_default)
}

/// Reads the objects of an array, without those that have another shape than expected. `None` if it is not an array.
pub fn each<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(from: D) -> Result<Option<Vec<T>>, D::Error> {
    let items: Option<Vec<&RawValue>> = serde_json::from_str(<&RawValue>::deserialize(from)?.get()).ok();
    // serde takes an array for a struct whose members are all optional.
    let object = |item: &RawValue| item.get().starts_with('{').then(|| parse(item.get())).flatten();
    Ok(items.map(|items| items.into_iter().filter_map(object).collect()))
}

/// Parses JSON; `None` if it is not of this type.
pub fn parse<T: for<'a> Deserialize<'a>>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok().or_else(|| {
        // A lone half of a surrogate pair is JSON, but not a Rust string.
        let mut text = Some(json).filter(|json| json.contains("\\u"))?.as_bytes().to_vec();
        replace_lone_surrogates(&mut text);
        serde_json::from_slice(&text).ok()
    })
}
