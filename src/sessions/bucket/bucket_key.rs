//! The keys of the bucket.

use std::fmt;

use session_signals_protocol::session_id::is_session_id;

use super::host_name::HostName;

/// A key of the bucket.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BucketKey {
    /// A session of a machine: `s.<host>.<session id>`.
    Session {
        /// The machine.
        host: HostName,
        /// The id of the session.
        session_id: String,
    },
    /// The beat of a machine: `h.<host>`.
    Beat {
        /// The machine.
        host: HostName,
    },
}

impl BucketKey {
    /// Returns the key of a session; `None` if the id is none: it has letters, digits, `-` and `_`, and not too many. Another one is
    /// not published, because it would be several words, or no key at all.
    pub fn session(host: &HostName, session_id: &str) -> Option<Self> {
        is_session_id(session_id.as_bytes())
            .then(|| Self::Session { host: host.clone(), session_id: session_id.to_owned() })
    }

    /// Returns the key of a machine's beat.
    pub fn beat(host: &HostName) -> Self {
        Self::Beat { host: host.clone() }
    }

    /// Reads a key; `None` if it is none of ours.
    pub fn parse(key: &str) -> Option<Self> {
        let mut words = key.split('.');
        let (kind, host) = (words.next()?, words.next()?.parse().ok()?);
        match (kind, words.next(), words.next()) {
            ("s", Some(session_id), None) => Self::session(&host, session_id),
            ("h", None, None) => Some(Self::Beat { host }),
            _ => None,
        }
    }
}

impl fmt::Display for BucketKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session { host, session_id } => write!(formatter, "s.{host}.{session_id}"),
            Self::Beat { host } => write!(formatter, "h.{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_is_written() {
        let host: HostName = "box".parse().unwrap();
        for (key, text) in
            [(BucketKey::session(&host, "0a-1_b").unwrap(), "s.box.0a-1_b"), (BucketKey::beat(&host), "h.box")]
        {
            assert_eq!(key.to_string(), text);
            assert_eq!(BucketKey::parse(text), Some(key));
        }
    }

    #[test]
    fn other_keys_and_ids_that_are_no_word_are_ignored() {
        for text in
            ["", "s", "s.", "s.box", "s.box.", "s.box.a.b", "s..a", "h", "h.", "h.box.a", "x.box", "s.b*.a", "s.box.>"]
        {
            assert_eq!(BucketKey::parse(text), None, "{text}");
        }
        let host: HostName = "box".parse().unwrap();
        for id in ["", "a.b", "a b", "*", ">", "ä", &"a".repeat(129)] {
            assert_eq!(BucketKey::session(&host, id), None, "{id}");
        }
    }
}
