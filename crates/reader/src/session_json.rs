//! How members of a [`Session`](crate::Session) are written as JSON and read again.

use serde::{Deserialize, Deserializer};

use crate::session::UNREACHABLE_RULE;
use crate::state_rules::STATE_RULES;

/// Stands for a rule that only another version has.
const UNKNOWN_RULE: &str = "unknown";

/// Reads the word of a session dashboard.
pub fn status<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let word = String::deserialize(from)?;
    let known = ["working", "waiting", "idle"].into_iter().find(|known| *known == word);
    known.ok_or_else(|| serde::de::Error::custom(format_args!("{word:?} is no status")))
}

/// Reads the id of a rule.
pub fn rule<'de, D: Deserializer<'de>>(from: D) -> Result<&'static str, D::Error> {
    let id = String::deserialize(from)?;
    let mut known = STATE_RULES.iter().map(|rule| rule.id).chain([UNREACHABLE_RULE]);
    Ok(known.find(|known| *known == id).unwrap_or(UNKNOWN_RULE))
}

/// A path, or an empty text if it is not known.
pub mod path {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with this type")]
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&path.as_deref().unwrap_or(Path::new("")).to_string_lossy())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        let text = String::deserialize(from)?;
        Ok((!text.is_empty()).then(|| text.into()))
    }
}

/// A time in RFC 3339, in UTC and with milliseconds.
pub mod time {
    use std::time::SystemTime;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::timestamps::format_rfc3339;

    pub fn serialize<S: Serializer>(time: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_rfc3339(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SystemTime, D::Error> {
        humantime::parse_rfc3339(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// Such a time, or null.
pub mod optional_time {
    use std::time::SystemTime;

    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it with this type")]
    pub fn serialize<S: Serializer>(time: &Option<SystemTime>, to: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::time::serialize(time, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SystemTime>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| humantime::parse_rfc3339(&text).map_err(serde::de::Error::custom)).transpose()
    }
}
