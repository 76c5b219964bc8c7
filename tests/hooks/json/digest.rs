//! The digest: the same for every spelling of a value, and different for different values.

use std::collections::BTreeMap;

use proptest::prelude::*;
use session_signals_protocol::json::{MAX_DEPTH, digest};

use super::{texts, values};

#[test]
fn similar_values_have_different_digests() {
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

/// Compares the digests of all short texts that are JSON.
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
    // The greatest depth that is allowed.
    let deep = |inner: &str| format!("{}{inner}{}", "{\"a\":".repeat(MAX_DEPTH), "}".repeat(MAX_DEPTH));
    assert_eq!(digest(deep("1").as_bytes()), digest(deep(" 1 ").as_bytes()));
    assert_ne!(digest(deep("1").as_bytes()), digest(deep("2").as_bytes()));
}

proptest! {
    // PROPTEST_CASES=10000 runs more cases than the usual 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_spelling_of_a_value_has_one_digest(value in values::value(), seeds in any::<(u64, u64)>()) {
        let [one, other] = [seeds.0, seeds.1].map(|seed| values::spell(&value, &mut values::Dice(seed)));
        // Both texts are spellings of the value.
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
    fn any_text_has_a_digest(text in texts::mutated(texts::document()), bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        // The function ends and does not panic.
        let _ = (digest(&text), digest(&bytes));
    }
}
