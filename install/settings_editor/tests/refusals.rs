//! Which settings are refused, with which position and reason.

use super::{OWNED, owner_of_path, registrations, request, uninstall};
use crate::settings_editor::{EditRefusal, InstallRequest, own_entries, plan_install, plan_uninstall};

/// Every file of `tests/fixtures/settings/refused`, and how the sentence begins that refuses it.
const REFUSED: [(&str, &str); 39] = [
    ("array", "line 1, column 1: the settings must be an object {…}, not an array"),
    ("bad-escape", "line 1, column 9: not JSON (invalid escape)"),
    ("comment-at-the-end", "line 4, column 1: comments make Claude Code ignore the whole file"),
    ("comment-block", "line 2, column 12: comments"),
    ("comment-in-hooks", "line 1, column 22: comments"),
    ("comment-line", "line 2, column 3: comments"),
    ("cut-off", "line 4, column 1: not JSON (the text ends too early)"),
    ("cut-off-in-string", "line 2, column 14: not JSON (the text ends too early)"),
    ("event-null", "line 3, column 13: \"Stop\" in \"hooks\" must be an array […], not null"),
    ("event-object", "line 1, column 28: \"SessionStart\" in \"hooks\" must be an array […], not an object"),
    ("event-string", "line 1, column 26: \"SessionEnd\" in \"hooks\" must be an array […], not a string"),
    ("form-feed", "line 1, column 1: not JSON"),
    ("hexadecimal", "line 1, column 8: not JSON"),
    ("hooks-array", "line 1, column 11: \"hooks\" must be an object {…}, not an array"),
    ("hooks-false-by-duplicate", "line 1, column 24: \"hooks\" must be an object {…}, not a boolean"),
    ("hooks-null", "line 2, column 12: \"hooks\" must be an object {…}, not null"),
    ("hooks-string", "line 1, column 11: \"hooks\" must be an object {…}, not a string"),
    ("leading-zero", "line 1, column 8: not JSON (invalid number)"),
    ("merge-conflict", "line 2, column 1: not JSON (key must be a string)"),
    ("missing-colon", "line 1, column 6: not JSON (expected `:`)"),
    ("missing-comma", "line 3, column 3: not JSON (expected `,` or `}`)"),
    ("nan", "line 1, column 7: not JSON"),
    ("newline-in-string", "line 1, column 8: not JSON (control character"),
    ("no-break-space", "line 1, column 2: not JSON"),
    ("not-utf-8", "line 1, column 14: not UTF-8"),
    ("nul-byte", "line 1, column 9: not JSON (trailing characters)"),
    ("null", "line 1, column 1: the settings must be an object {…}, not null"),
    ("number", "line 1, column 1: the settings must be an object {…}, not a number"),
    ("plus-sign", "line 1, column 7: not JSON"),
    ("single-quotes", "line 1, column 2: not JSON (a single quote; strings take double quotes)"),
    ("string", "line 1, column 1: the settings must be an object {…}, not a string"),
    ("tab-in-string", "line 1, column 8: not JSON (control character"),
    ("text-after-it", "line 1, column 4: not JSON (trailing characters)"),
    ("trailing-comma-array", "line 2, column 14: not JSON (a comma before the closing bracket)"),
    ("trailing-comma-object", "line 3, column 1: not JSON (a comma before the closing bracket)"),
    ("two-boms", "line 1, column 1: not JSON"),
    ("two-documents", "line 2, column 1: not JSON (trailing characters)"),
    ("unquoted-key", "line 1, column 2: not JSON (key must be a string)"),
    ("utf-16", "line 1, column 1: not UTF-8"),
];

fn try_install(text: &[u8]) -> Result<(), EditRefusal> {
    let registrations = registrations();
    let request = InstallRequest { writes_signals: &|_| true, ..request(&registrations) };
    plan_install(text, &request).map(drop)
}

#[test]
fn every_refusal_names_the_position_and_the_reason() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/settings/refused");
    let count = std::fs::read_dir(directory).expect("the refused settings").count();
    assert_eq!(count, REFUSED.len(), "a file without a reason, or a reason without a file");
    for (name, sentence) in REFUSED {
        let text = std::fs::read(format!("{directory}/{name}.json")).expect(name);
        let refusal = try_install(&text).expect_err(name).to_string();
        assert!(refusal.starts_with(sentence), "{name}: {refusal}");
        assert!(!refusal.contains('\n') && !refusal.ends_with('.'), "{name}: one sentence: {refusal}");
        if !name.starts_with("event-") {
            assert!(plan_uninstall(&text, &OWNED, &owner_of_path).is_err(), "{name}: uninstalls");
            assert!(own_entries(&text, &OWNED).is_err(), "{name}: is listed");
        }
    }
}

#[test]
fn columns_count_characters_after_the_byte_order_mark() {
    let refusal = |text: &str| try_install(text.as_bytes()).expect_err(text).to_string();
    assert!(refusal("\u{feff}{ // x").starts_with("line 1, column 3: comments"));
    assert!(refusal("{\"é日🚀\": // x").starts_with("line 1, column 9: comments"));
    assert!(refusal("{\r\n\t// x").starts_with("line 2, column 2: comments"));
}

#[test]
fn a_slash_that_does_not_start_a_comment_is_not_called_one() {
    for text in ["{/}", "{\"a\": /x/}", "{\"a\": \"//\" x}"] {
        assert!(matches!(try_install(text.as_bytes()), Err(EditRefusal::Malformed(..))), "{text}");
    }
    assert_eq!(try_install(b"{\"a\": \"// no comment /* \"}"), Ok(()));
}

#[test]
fn an_event_of_the_wrong_kind_is_refused_only_if_we_register_for_it() {
    let text = br#"{"hooks": {"Stop": null}}"#;
    assert_eq!(uninstall(text).after, text);
    assert_eq!(own_entries(text, &OWNED), Ok(Vec::new()));
}
