//! Members, elements, and the meaning of strings.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::value::RawValue;
use session_signals_protocol::json;

use super::members::{Members, to_str};
use super::texts;

/// Replaces each run of characters beyond ASCII by one 0xFF, so that the number of their bytes or escapes does not matter.
fn beyond_ascii_once(characters: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut characters: Vec<_> = characters.map(|byte| if byte.is_ascii() { byte } else { 0xff }).collect();
    characters.dedup_by(|next, byte| (*byte, *next) == (0xff, 0xff));
    characters
}

proptest! {
    // PROPTEST_CASES=10000 runs more cases than the usual 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn members_are_those_that_serde_json_finds(text in texts::object(texts::value())) {
        let Members(expected) = serde_json::from_str(&text).unwrap();
        let found: Vec<_> = json::items(text.as_bytes()).map(|item| (to_str(item.key), to_str(item.value))).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn elements_are_those_that_serde_json_finds(text in prop::collection::vec(texts::document(), 0..4)) {
        let text = format!("[{}]", text.join(","));
        let expected: Vec<&RawValue> = serde_json::from_str(&text).unwrap();
        let found: Vec<_> = json::items(text.as_bytes()).map(|item| to_str(item.value)).collect();
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
        prop_assert_eq!(json::last_member(text.as_bytes(), name).map(to_str), expected);
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
}
