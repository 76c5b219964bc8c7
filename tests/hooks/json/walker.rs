//! The walker: what it accepts, and where it stops.

use proptest::prelude::*;
use session_signals_protocol::json::{JsonError, MAX_DEPTH};
use session_signals_testing::json_oracle;

use super::{cases, texts};

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

/// UTF-8 decoders often get wrong which second byte may follow a first one.
#[test]
fn every_two_bytes_in_a_string() {
    for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
        for tail in [&b""[..], b"\x80", b"\xbf\x80"] {
            json_oracle::compare(&[b"\"", &[first, second][..], tail, b"\""].concat());
        }
    }
}

#[test]
fn nesting_is_limited_to_max_depth() {
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

proptest! {
    // PROPTEST_CASES=10000 runs more cases than the usual 256.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn arbitrary_bytes(text in prop::collection::vec(any::<u8>(), 0..12)) {
        json_oracle::compare(&text);
    }

    #[test]
    fn bytes_of_json(text in "[\\[\\]{}:,\"\\\\0-1eE.+\\-tfn ua\u{e9}]{0,12}") {
        json_oracle::compare(text.as_bytes());
    }

    /// A text is complete where `serde_json` says so. A hook stops reading there.
    #[test]
    fn every_beginning_of_a_document(text in texts::document()) {
        prop_assert!(json_oracle::is_json(text.as_bytes()), "the generated text is JSON");
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
}
