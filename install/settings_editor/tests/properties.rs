//! ChangeKind holds for generated settings: any JSON, laid out any way, hooks of ours and of others mixed in.

mod generator;

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError},
};

use super::{
    OWNED, install,
    oracle::{Json, is_ours, is_script},
    place, show, uninstall,
};
use crate::settings_editor::{EditReceipt, undo_edit};

fn minus_ours(settings: &Json) -> Json {
    settings.without(&|hook| is_ours(hook) || is_script(hook)).tidied()
}

fn has(text: &[u8], is_it: fn(&Json) -> bool) -> bool {
    Json::read(text).hooks().iter().any(|(_, hook)| is_it(hook))
}

fn holds(text: &str) -> Result<(), TestCaseError> {
    let before = Json::read(text.as_bytes());
    let plan = install(text.as_bytes());
    let after = Json::read(&plan.after);
    prop_assert_eq!(minus_ours(&after), minus_ours(&before), "installing");
    prop_assert!(!has(&plan.after, is_script), "a script stays");
    prop_assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&plan.after).is_ok(), "no JSON");

    let again = install(&plan.after);
    prop_assert_eq!(show(&again.after), show(&plan.after), "installing again");

    let back = undo_edit(&plan.after, &EditReceipt::from_plan(&plan, None), &OWNED, &place).expect("the receipt fits");
    let original = uninstall(text.as_bytes()).after;
    if !has(text.as_bytes(), is_ours) {
        prop_assert_eq!(show(&original), text, "uninstalling nothing");
    }
    prop_assert_eq!(show(&back.after), show(&original), "undoing");

    for rewritten in [after.write("\t"), after.collapsed().write("  ")] {
        let gone = uninstall(rewritten.as_bytes()).after;
        let expected = Json::read(rewritten.as_bytes()).without(&is_ours);
        prop_assert_eq!(Json::read(&gone), expected, "uninstalling after a rewrite");
        prop_assert!(!has(&gone, is_ours), "ours stays");
    }
    Ok(())
}

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
    fn of_generated_settings((json, layout) in (generator::settings(), generator::layout())) {
        let text = generator::lay_out(&json, &layout);
        prop_assert_eq!(&Json::read(text.as_bytes()), &json, "the generator writes what it means");
        holds(&text)?;
        holds(&json.write("    "))?;
    }

    #[test]
    fn of_any_line_that_may_start_ours(pieces in prop::collection::vec(0..PIECES.len(), 0..12)) {
        let line = pieces.iter().map(|piece| PIECES[*piece]).collect::<String>().replace("BIN", super::DIRECTORY);
        let hook = serde_json::json!({ "type": "command", "command": line });
        let text = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string();
        let plan = install(text.as_bytes());
        prop_assert!(plan.registered.iter().any(|change| change.event == "Stop"), "{}", line);
        prop_assert!(!install(&plan.after).is_change(), "{}", line);
        // Whatever is no entry of ours is there before and after.
        let gone = uninstall(&plan.after);
        prop_assert_eq!(crate::settings_editor::find_wrapped(&gone.after, &OWNED), crate::settings_editor::find_wrapped(text.as_bytes(), &OWNED), "{}", line);
    }

    #[test]
    fn of_any_bytes_and_any_prefix(bytes in prop::collection::vec(any::<u8>(), 0..40), cut in 0_usize..2000) {
        let _ = crate::settings_editor::plan_uninstall(&bytes, &OWNED, &place);
        let whole = install(b"{}").after;
        let cut = &whole[..cut.min(whole.len())];
        prop_assert_eq!(crate::settings_editor::plan_uninstall(cut, &OWNED, &place).is_ok(), cut.len() == whole.len() || cut.is_empty());
    }
}
