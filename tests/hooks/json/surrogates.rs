//! The replacement of half surrogate pairs.

use proptest::prelude::*;
use serde_json::value::RawValue;
use session_signals_protocol::json;

use super::members::{Members, to_str};
use super::texts;

proptest! {
    // PROPTEST_CASES=10000 runs more cases than the usual 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    /// Whole pairs stay, halves become U+FFFD, and no other byte changes.
    #[test]
    fn repaired_text_means_what_lossy_utf_16_decoding_returns(text in texts::characters(true), lone in "\\\\u[dD][89a-fA-F][0-9a-fA-F]{2}", at in any::<prop::sample::Index>()) {
        let borders: Vec<_> = (0..=text.len()).filter(|at| text.is_char_boundary(*at) && units(&text[..*at]).is_some() && units(&text[*at..]).is_some()).collect();
        let at = borders[at.index(borders.len())];
        let text = format!("\"{}{lone}{}\"", &text[..at], &text[at..]);
        let mut repaired = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut repaired);
        let expected = String::from_utf16_lossy(&units(&text[1..text.len() - 1]).unwrap());
        prop_assert_eq!(serde_json::from_slice::<String>(&repaired).unwrap(), expected);
        prop_assert_eq!(repaired.len(), text.len());
        let changed = text.bytes().zip(&repaired).filter(|(before, after)| before != *after).count();
        prop_assert!(changed <= 4 * (text.matches("\\u").count()), "{}", text);
    }

    #[test]
    fn serde_json_decodes_every_string_of_repaired_text(text in texts::document()) {
        let mut repaired = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut repaired);
        prop_assert!(all_strings_are_decoded(to_str(&repaired)), "{} {}", text, to_str(&repaired));
        let mut again = repaired.clone();
        json::replace_lone_surrogates(&mut again);
        prop_assert_eq!(again, repaired);
    }

    #[test]
    fn text_without_half_pairs_is_not_changed(text in texts::characters(false), broken in texts::mutated(texts::document())) {
        let mut repaired = text.clone().into_bytes();
        json::replace_lone_surrogates(&mut repaired);
        prop_assert_eq!(repaired, text.into_bytes());
        // The function ends and does not panic.
        json::replace_lone_surrogates(&mut broken.clone());
    }
}

/// Returns the UTF-16 code units that the raw text of a string means; `None` if the text begins or ends inside an escape.
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

/// Returns whether `serde_json` decodes every string in the text, including keys.
fn all_strings_are_decoded(text: &str) -> bool {
    let is_decoded = |raw: &str| serde_json::from_str::<String>(raw).is_ok();
    match text.trim_start().as_bytes()[0] {
        b'"' => is_decoded(text),
        b'[' => serde_json::from_str::<Vec<&RawValue>>(text)
            .unwrap()
            .iter()
            .all(|value| all_strings_are_decoded(value.get())),
        b'{' => {
            let Members(members) = serde_json::from_str(text).unwrap();
            members.iter().all(|(key, value)| is_decoded(&format!("\"{key}\"")) && all_strings_are_decoded(value))
        }
        _ => true,
    }
}
