//! `json.rs` against `serde_json`.

mod cases;
mod texts;
mod values;

use session_signals_testing::json_oracle;
use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use session_signals_protocol::json::digest;
use session_signals_protocol::json::{self, JsonError, MAX_DEPTH};

#[test]
fn the_hard_cases() {
    for (valid, cases) in [(true, cases::VALID), (false, cases::INVALID)] {
        for (name, text) in cases {
            assert_eq!(json_oracle::is_json(text), valid, "the oracle on {name}");
            let accepted = json_oracle::walk(text).is_ok_and(|(_, complete)| complete);
            assert_eq!(accepted, valid, "{name}");
            json_oracle::compare(text);
        }
    }
}

#[test]
fn every_short_text() {
    let alphabet = b"[]{}:,\"\\ 10-.e+";
    for len in 0..=4_u32 {
        for number in 0..alphabet.len().pow(len) {
            let byte = |at| alphabet[number / alphabet.len().pow(at) % alphabet.len()];
            json_oracle::compare(&(0..len).map(byte).collect::<Vec<_>>());
        }
    }
}

/// Which second byte may follow a first one in UTF-8 is what decoders get wrong.
#[test]
fn every_two_bytes_in_a_string() {
    for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
        for tail in [&b""[..], b"\x80", b"\xbf\x80"] {
            json_oracle::compare(&[b"\"", &[first, second][..], tail, b"\""].concat());
        }
    }
}

#[test]
fn depth_is_our_own_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")] {
        let level = open.matches(['[', '{']).count();
        for depth in [MAX_DEPTH / level * level, (MAX_DEPTH / level + 1) * level] {
            let text = format!("{}0{}", open.repeat(depth / level), close.repeat(depth / level));
            let expected = if depth <= MAX_DEPTH { Ok(true) } else { Err(JsonError::Depth) };
            let accepted = json_oracle::walk(text.as_bytes()).map(|(_, complete)| complete).map_err(|(_, error)| error);
            assert_eq!(accepted, expected, "{depth} levels of {open}");
            json_oracle::compare(text.as_bytes());
        }
    }
    let wide = format!("[{}]", vec!["[{}]"; 10_000].join(","));
    assert_eq!(json_oracle::walk(wide.as_bytes()).map(|(_, complete)| complete), Ok(true));
}

#[test]
fn values_that_look_alike_differ() {
    let different = [
        "0",
        "1",
        "-1",
        "10",
        "11",
        "101",
        "1001",
        "1.1",
        "1.01",
        "1e400",
        "1e401",
        "0.1",
        "12",
        "21",
        "1e-1000",
        "1.0",
        "1E400",
        "-0",
        "true",
        "null",
        "[]",
        "{}",
        "\"\"",
        "\"1\"",
        "[1]",
        "{\"1\":1}",
        "[[]]",
        "[{}]",
        "[[],[]]",
        "[1,[]]",
        "[[1]]",
    ];
    let mut seen = BTreeMap::new();
    for text in different {
        let other = seen.insert(digest(text.as_bytes()), text);
        assert_eq!(other, None, "{text}");
    }
}

/// Of every short text that is JSON.
#[test]
fn no_two_short_values_have_one_digest() {
    let alphabet = b"[]{}:,\"1";
    let (mut values, mut digests) = (BTreeMap::new(), BTreeMap::new());
    for number in 0..alphabet.len().pow(7) {
        let text: Vec<_> = (0..7).map(|at| alphabet[number >> (3 * at) & 7]).collect();
        for text in (1..=7).map(|len| &text[..len]) {
            if let Ok(value) = serde_json::from_slice::<serde_json::Value>(text) {
                let (value, digest) = (value.to_string(), digest(text));
                assert_eq!(*values.entry(value.clone()).or_insert(digest), digest, "{value}");
                assert_eq!(*digests.entry(digest).or_insert_with(|| value.clone()), value);
            }
        }
    }
    assert!(values.len() > 1000, "{}", values.len());
}

#[test]
fn very_many_members_have_one_digest_in_any_order() {
    let member = |number: usize| format!("\"key {number}\":[{number},{{\"a\":{{}}}}]");
    let object =
        |numbers: &mut dyn Iterator<Item = usize>| format!("{{{}}}", numbers.map(member).collect::<Vec<_>>().join(","));
    let (there, back) = (object(&mut (0..100_000)), object(&mut (0..100_000).rev()));
    assert_eq!(digest(there.as_bytes()), digest(back.as_bytes()));
    assert_ne!(digest(there.as_bytes()), digest(object(&mut (1..100_000)).as_bytes()));
    // As deep as it can be.
    let deep = |inner: &str| format!("{}{inner}{}", "{\"a\":".repeat(MAX_DEPTH), "}".repeat(MAX_DEPTH));
    assert_eq!(digest(deep("1").as_bytes()), digest(deep(" 1 ").as_bytes()));
    assert_ne!(digest(deep("1").as_bytes()), digest(deep("2").as_bytes()));
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
        json_oracle::compare(&text);
    }

    #[test]
    fn bytes_of_json(text in "[\\[\\]{}:,\"\\\\0-1eE.+\\-tfn ua\u{e9}]{0,12}") {
        json_oracle::compare(text.as_bytes());
    }

    /// Where a text ends is where `serde_json` lets it end: a hook stops reading there.
    #[test]
    fn every_beginning_of_a_document(text in texts::document()) {
        prop_assert!(json_oracle::is_json(text.as_bytes()), "the generator makes JSON");
        for end in 0..=text.len() {
            json_oracle::compare(&text.as_bytes()[..end]);
        }
    }

    #[test]
    fn mutated_documents(text in texts::mutated(texts::document())) {
        json_oracle::compare(&text);
    }

    #[test]
    fn mutated_payloads(text in texts::mutated(texts::recorded())) {
        json_oracle::compare(&text);
    }

    #[test]
    fn skipping_plain_characters_changes_nothing(text in texts::mutated(texts::document()), size in 1_usize..20) {
        prop_assert_eq!(json_oracle::walk_skipping(&text, size), json_oracle::walk(&text));
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
        prop_assert_eq!(json::last_member(text.as_bytes(), name).map(raw), expected);
    }

    #[test]
    fn a_string_means_what_serde_json_decodes(text in texts::characters(false)) {
        let decoded: String = serde_json::from_str(&format!("\"{text}\"")).unwrap();
        let found = beyond_ascii_once(json::decode_ascii(text.as_bytes()));
        prop_assert_eq!(found, beyond_ascii_once(decoded.bytes()));
        prop_assert_eq!(json::spells(text.as_bytes(), &decoded), decoded.is_ascii());
    }

    #[test]
    fn a_name_is_spelled_in_one_way_only(text in texts::name(), name in texts::name()) {
        let decode = |text: &str| serde_json::from_str::<String>(&format!("\"{text}\"")).unwrap();
        let name = decode(&name);
        prop_assert_eq!(json::spells(text.as_bytes(), &name), decode(&text) == name);
    }

    #[test]
    fn every_spelling_of_a_value_has_one_digest(value in values::value(), seeds in any::<(u64, u64)>()) {
        let [one, other] = [seeds.0, seeds.1].map(|seed| values::spell(&value, &mut values::Dice(seed)));
        // The speller spells what it was told.
        for text in [&one, &other] {
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(text).unwrap(), value.clone(), "{}", text);
        }
        prop_assert_eq!(digest(one.as_bytes()), digest(other.as_bytes()), "{} {}", one, other);
    }

    #[test]
    fn values_that_differ_have_different_digests(one in values::value(), other in values::value(), seeds in any::<(u64, u64)>()) {
        let texts = [values::spell(&one, &mut values::Dice(seeds.0)), values::spell(&other, &mut values::Dice(seeds.1))];
        let same = digest(texts[0].as_bytes()) == digest(texts[1].as_bytes());
        prop_assert_eq!(same, one == other, "{:?}", texts);
    }

    #[test]
    fn a_digest_of_anything_at_all(text in texts::mutated(texts::document()), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        // They end, and do not panic.
        let _ = (digest(&text), digest(&bytes));
    }

    /// Whole pairs stay, half ones become U+FFFD, nothing moves.
    #[test]
    fn mended_text_means_what_utf_16_makes_of_it(text in texts::characters(true), lone in "\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}", at in any::<prop::sample::Index>()) {
        let borders: Vec<_> = (0..=text.len()).filter(|at| text.is_char_boundary(*at) && units(&text[..*at]).is_some() && units(&text[*at..]).is_some()).collect();
        let at = borders[at.index(borders.len())];
        let text = format!("\"{}{lone}{}\"", &text[..at], &text[at..]);
        let mut mended = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut mended);
        let expected = String::from_utf16_lossy(&units(&text[1..text.len() - 1]).unwrap());
        prop_assert_eq!(serde_json::from_slice::<String>(&mended).unwrap(), expected);
        prop_assert_eq!(mended.len(), text.len());
        let changed = text.bytes().zip(&mended).filter(|(before, after)| before != *after).count();
        prop_assert!(changed <= 4 * (text.matches("\\u").count()), "{}", text);
    }

    #[test]
    fn mended_text_can_be_read_by_everybody(text in texts::document()) {
        let mut mended = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut mended);
        prop_assert!(all_strings(raw(&mended)), "{} {}", text, raw(&mended));
        let mut again = mended.clone();
        json::replace_lone_surrogates(&mut again);
        prop_assert_eq!(again, mended);
    }

    #[test]
    fn text_without_half_a_pair_is_left_alone(text in texts::characters(false), broken in texts::mutated(texts::document())) {
        let mut mended = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut mended);
        prop_assert_eq!(mended, text.into_bytes());
        // It ends, and does not panic.
        json::replace_lone_surrogates(&mut broken.clone());
    }
}

/// The UTF-16 code units that the raw text of a string means; `None` where it begins or ends inside of an escape.
fn units(mut text: &str) -> Option<Vec<u16>> {
    let mut units = Vec::new();
    while let Some(character) = text.chars().next() {
        text = &text[character.len_utf8()..];
        if character != '\\' {
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            continue;
        }
        let escape = text.chars().next()?;
        text = &text[escape.len_utf8()..];
        units.push(match escape {
            'u' => {
                let digits = text.get(..4)?;
                text = &text[4..];
                u16::from_str_radix(digits, 16).ok()?
            }
            'b' => 8,
            'f' => 12,
            'n' => 10,
            'r' => 13,
            't' => 9,
            '"' | '\\' | '/' => escape as u16,
            _ => return None,
        });
    }
    Some(units)
}

/// Whether `serde_json` decodes every string in this, keys included.
fn all_strings(text: &str) -> bool {
    let string = |raw: &str| serde_json::from_str::<String>(raw).is_ok();
    match text.trim_start().as_bytes()[0] {
        b'"' => string(text),
        b'[' => serde_json::from_str::<Vec<&RawValue>>(text).unwrap().iter().all(|value| all_strings(value.get())),
        b'{' => {
            let Members(members) = serde_json::from_str(text).unwrap();
            members.iter().all(|(key, value)| string(&format!("\"{key}\"")) && all_strings(value))
        }
        _ => true,
    }
}
