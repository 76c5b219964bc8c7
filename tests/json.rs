//! `json.rs` against `serde_json`.

mod cases;
mod oracle;
mod texts;

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use session_signals::json::{self, Error, MAX_DEPTH};

#[test]
fn the_hard_cases() {
    for (valid, cases) in [(true, cases::VALID), (false, cases::INVALID)] {
        for (name, text) in cases {
            assert_eq!(oracle::is_json(text), valid, "the oracle on {name}");
            let accepted = oracle::walk(text).is_ok_and(|(_, complete)| complete);
            assert_eq!(accepted, valid, "{name}");
            oracle::compare(text);
        }
    }
}

#[test]
fn every_short_text() {
    let alphabet = b"[]{}:,\"\\ 10-.e+";
    for len in 0..=4_u32 {
        for number in 0..alphabet.len().pow(len) {
            let byte = |at| alphabet[number / alphabet.len().pow(at) % alphabet.len()];
            oracle::compare(&(0..len).map(byte).collect::<Vec<_>>());
        }
    }
}

/// Which second byte may follow a first one in UTF-8 is what decoders get wrong.
#[test]
fn every_two_bytes_in_a_string() {
    for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
        for tail in [&b""[..], b"\x80", b"\xbf\x80"] {
            oracle::compare(&[b"\"", &[first, second][..], tail, b"\""].concat());
        }
    }
}

#[test]
fn depth_is_our_own_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")] {
        let level = open.matches(['[', '{']).count();
        for depth in [MAX_DEPTH / level * level, (MAX_DEPTH / level + 1) * level] {
            let text = format!("{}0{}", open.repeat(depth / level), close.repeat(depth / level));
            let expected = if depth <= MAX_DEPTH { Ok(true) } else { Err(Error::Depth) };
            let accepted = oracle::walk(text.as_bytes()).map(|(_, complete)| complete).map_err(|(_, error)| error);
            assert_eq!(accepted, expected, "{depth} levels of {open}");
            oracle::compare(text.as_bytes());
        }
    }
    let wide = format!("[{}]", vec!["[{}]"; 10_000].join(","));
    assert_eq!(oracle::walk(wide.as_bytes()).map(|(_, complete)| complete), Ok(true));
}

/// An object's members in their order, doubles included, as raw text.
struct Members<'a>(Vec<(&'a str, &'a str)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((raw(json::unquote(key.get().as_bytes())), value.get()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

fn raw(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// One 0xFF for any run of characters beyond ASCII: how many bytes or escapes they took does not matter.
fn beyond_ascii_once(characters: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut characters: Vec<_> = characters.map(|byte| if byte.is_ascii() { byte } else { 0xff }).collect();
    characters.dedup_by(|next, byte| (*byte, *next) == (0xff, 0xff));
    characters
}

proptest! {
    // PROPTEST_CASES=10000 asks for more than the usual 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(text in prop::collection::vec(any::<u8>(), 0..12)) {
        oracle::compare(&text);
    }

    #[test]
    fn bytes_of_json(text in "[\\[\\]{}:,\"\\\\0-1eE.+\\-tfn ua\u{e9}]{0,12}") {
        oracle::compare(text.as_bytes());
    }

    /// Where a text ends is where `serde_json` lets it end: a hook stops reading there.
    #[test]
    fn every_beginning_of_a_document(text in texts::document()) {
        prop_assert!(oracle::is_json(text.as_bytes()), "the generator makes JSON");
        for end in 0..=text.len() {
            oracle::compare(&text.as_bytes()[..end]);
        }
    }

    #[test]
    fn mutated_documents(text in texts::mutated(texts::document())) {
        oracle::compare(&text);
    }

    #[test]
    fn mutated_payloads(text in texts::mutated(texts::recorded())) {
        oracle::compare(&text);
    }

    #[test]
    fn skipping_plain_characters_changes_nothing(text in texts::mutated(texts::document()), size in 1_usize..20) {
        prop_assert_eq!(oracle::walk_skipping(&text, size), oracle::walk(&text));
    }

    #[test]
    fn members_are_those_that_serde_json_finds(text in texts::object(texts::value())) {
        let Members(expected) = serde_json::from_str(&text).unwrap();
        let found: Vec<_> = json::items(text.as_bytes()).map(|item| (raw(item.key), raw(item.value))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn elements_are_those_that_serde_json_finds(text in prop::collection::vec(texts::document(), 0..4)) {
        let text = format!("[{}]", text.join(","));
        let expected: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
        let found: Vec<_> = json::items(text.as_bytes()).map(|item| raw(item.value)).collect();
        prop_assert_eq!(found, expected.iter().map(|value| value.get()).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_member_of_a_name_counts(
        members in prop::collection::vec((texts::name(), texts::value()), 0..8),
        name in prop_oneof![Just("session_id"), Just("agent_id"), Just("pending"), Just("a"), Just("")],
    ) {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\" : {value}")).collect();
        let text = format!("{{{}}}", members.join(" , "));
        let object: BTreeMap<String, &RawValue> = serde_json::from_str(&text).unwrap();
        let expected = object.get(name).map(|value| value.get());
        prop_assert_eq!(json::member(text.as_bytes(), name).map(raw), expected);
    }

    #[test]
    fn a_string_means_what_serde_json_decodes(text in texts::characters(false)) {
        let decoded: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        let found = beyond_ascii_once(json::ascii(text.as_bytes()));
        prop_assert_eq!(found, beyond_ascii_once(decoded.bytes()));
        prop_assert_eq!(json::spells(text.as_bytes(), &decoded), decoded.is_ascii());
    }

    #[test]
    fn a_name_is_spelled_in_one_way_only(text in texts::name(), name in texts::name()) {
        let decode = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap();
        let name = decode(&name);
        prop_assert_eq!(json::spells(text.as_bytes(), &name), decode(&text) == name);
    }
}
