//! `json.rs` against `serde_json`: `cargo +nightly fuzz run json`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use session_signals_protocol::json::digest;
use session_signals_protocol::json;

#[path = "../../tests/json/oracle.rs"]
mod oracle;

fuzz_target!(|text: &[u8]| {
    oracle::compare(text);
    // Whatever the text, these end and do not panic.
    for item in json::items(text) {
        json::spells(item.key, "session_id");
        json::items(item.value).for_each(drop);
    }
    let mut mended = text.to_owned();
    json::mend(&mut mended);
    let _ = digest(&mended);
});
