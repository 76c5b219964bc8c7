//! What is true of generated settings: any JSON in any layout, with our hooks and other people's hooks in it.

mod generator;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError},
};

use super::{
    OWNED, install,
    oracle::{Json, has_hook, is_ours, is_script, parts_of_others},
    owner_of_path, show, undo, uninstall,
};
use crate::settings_editor::{find_wrapped, plan_uninstall};

/// Checks installing, installing again, undoing, and uninstalling after the file was rewritten.
fn check_all(text: &str) -> Result<(), TestCaseError> {
    let plan = install(text.as_bytes());
    let after = Json::read(&plan.after);
    prop_assert_eq!(parts_of_others(&plan.after), parts_of_others(text.as_bytes()), "installing");
    prop_assert!(!has_hook(&plan.after, is_script), "a script stays");
    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&plan.after).is_ok(), "no JSON");

    let again = install(&plan.after);
    prop_assert_eq!(show(&again.after), show(&plan.after), "installing again");

    let original = uninstall(text.as_bytes()).after;
    if !has_hook(text.as_bytes(), is_ours) {
        prop_assert_eq!(show(&original), text, "uninstalling nothing");
    }
    prop_assert_eq!(show(&undo(&plan).after), show(&original), "undoing");

    for rewritten in [after.write("\t"), after.collapsed().write("  ")] {
        let uninstalled = uninstall(rewritten.as_bytes()).after;
        let expected = Json::read(rewritten.as_bytes()).without(&is_ours);
        prop_assert_eq!(Json::read(&uninstalled), expected, "uninstalling after a rewrite");
        prop_assert!(!has_hook(&uninstalled, is_ours), "ours stays");
    }
    Ok(())
}

/// Pieces of shell lines. `BIN` stands for our directory.
const PIECES: [&str; 26] = [
    "BIN/hook-stop",
    "BIN/hook-stop",
    " ",
    " ",
    "'",
    "\"",
    ";",
    "&&",
    "|",
    "&",
    "(",
    ")",
    "$(",
    "`",
    ">",
    "<",
    "#",
    "\\",
    "\n",
    "nice",
    "echo",
    "sh -c ",
    "S=",
    "$S",
    "{",
    "\u{e9}",
];

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn generated_settings_are_edited_exactly((json, layout) in (generator::settings(), generator::layout())) {
        let text = generator::lay_out(&json, &layout);
        prop_assert_eq!(&Json::read(text.as_bytes()), &json, "the generated text is the generated JSON");
        check_all(&text)?;
        check_all(&json.write("    "))?;
    }

    #[test]
    fn any_command_line_is_handled(pieces in prop::collection::vec(0..PIECES.len(), 0..12)) {
        let line = pieces.iter().map(|piece| PIECES[*piece]).collect::<String>().replace("BIN", super::DIRECTORY);
        let hook = serde_json::json!({ "type": "command", "command": line });
        let text = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string();
        let plan = install(text.as_bytes());
        prop_assert!(plan.registered.iter().any(|change| change.event == "Stop"), "{}", line);
        prop_assert!(!install(&plan.after).is_change(), "{}", line);
        // What is not an entry of ours is the same before and after.
        let uninstalled = uninstall(&plan.after);
        prop_assert_eq!(find_wrapped(&uninstalled.after, &OWNED), find_wrapped(text.as_bytes(), &OWNED), "{}", line);
    }

    #[test]
    fn any_bytes_and_any_cut_are_handled(bytes in prop::collection::vec(any::<u8>(), 0..40), cut in 0_usize..2000) {
        let _ = plan_uninstall(&bytes, &OWNED, &owner_of_path);
        let whole = install(b"{}").after;
        let cut = &whole[..cut.min(whole.len())];
        let is_complete = cut.len() == whole.len() || cut.is_empty();
        prop_assert_eq!(plan_uninstall(cut, &OWNED, &owner_of_path).is_ok(), is_complete);
    }
}
