//! Compares the JSON walker with `serde_json`. Run it with `cargo +nightly fuzz run json`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use session_signals_protocol::json::{self, digest};
use session_signals_testing::json_oracle;

fuzz_target!(|text: &[u8]| {
    json_oracle::compare(text);
    // For any text, these functions end and do not panic.
    for item in json::items(text) {
        json::spells(item.key, "session_id");
        json::items(item.value).for_each(drop);
    }
    let mut repaired = text.to_owned();
    json::replace_lone_surrogates(&mut repaired);
    let _ = digest(&repaired);
});
