//! What is true of every file of the corpus, `tests/fixtures/settings/*.json`.

use super::{
    EditPlan, install,
    oracle::{self, Json, is_ours, is_script, parts_of_others},
    registrations, show, uninstall,
};
use crate::settings_editor::{ChangeKind, EditReceipt, undo_edit};

/// Calls `check` with the name and the bytes of every file.
fn for_each_file(check: impl Fn(&str, &[u8])) {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/settings");
    let mut count = 0;
    for entry in std::fs::read_dir(directory).expect("the corpus") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            count += 1;
            println!("{}", path.display()); // shown if the check fails
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            check(&name, &std::fs::read(&path).expect("a fixture"));
        }
    }
    assert!(count >= 90, "the corpus has lost files: {count}");
}

#[test]
fn install_changes_only_what_is_ours() {
    for_each_file(|name, before| {
        let plan = install(before);
        assert_eq!(parts_of_others(&plan.after), parts_of_others(before), "{name}:\n{}", show(&plan.after));
        assert!(!oracle::has_hook(&plan.after, is_script), "{name}: a script stays");
        if !oracle::has_hook(before, is_ours) && !oracle::has_hook(before, is_script) {
            // There is nothing of ours to take out. Only white space inside an empty container may go.
            for splice in &plan.splices {
                assert!(splice.taken.trim().is_empty(), "{name}: took {:?}", splice.taken);
            }
        }
    });
}

#[test]
fn install_registers_every_event_once_for_each_matcher() {
    for_each_file(|name, before| {
        let after = Json::read(&install(before).after);
        for registration in registrations() {
            let hooks = after.hooks();
            let of_event = hooks.iter().filter(|(event, hook)| event == registration.event && is_ours(hook));
            let commands: Vec<_> =
                of_event.map(|(_, hook)| hook.get("command").map(Json::text).unwrap_or_default()).collect();
            let expected = if name == "ours-with-own-matcher" && registration.event == "PostToolUse" { 2 } else { 1 };
            assert_eq!(commands.len(), expected, "{name}: {commands:?}");
            assert!(commands.iter().all(|command| command.contains(&registration.command)), "{name}: {commands:?}");
        }
        let events = registrations();
        let strays = after.hooks();
        let mut strays = strays
            .iter()
            .filter(|(event, hook)| is_ours(hook) && events.iter().all(|registration| registration.event != event));
        assert!(strays.next().is_none(), "{name}");
    });
}

#[test]
fn installing_again_changes_nothing() {
    for_each_file(|name, before| {
        let once = install(before);
        let twice = install(&once.after);
        assert_eq!(show(&twice.after), show(&once.after), "{name}");
        assert!(!twice.is_change() && twice.splices.is_empty(), "{name}: {:?}", twice.splices);
        assert!(
            twice.registered.iter().all(|change| change.what == ChangeKind::Kept),
            "{name}: {:?}",
            twice.registered
        );
        assert!(twice.replaced_scripts.is_empty(), "{name}");
    });
}

#[test]
fn uninstalling_with_the_receipt_restores_the_original_bytes() {
    for_each_file(|name, before| {
        let plan = install(before);
        let json = serde_json::to_string(&EditReceipt::from_plan(&plan, None)).expect("a receipt is JSON");
        let receipt = serde_json::from_str(&json).expect("the JSON is a receipt");
        let undone = undo_edit(&plan.after, &receipt, &super::OWNED, &super::owner_of_path).expect("the receipt fits");
        // Entries of ours that were there before are the one thing that is not restored.
        let original = if oracle::has_hook(before, is_ours) { uninstall(before).after } else { before.to_vec() };
        assert_eq!(show(&undone.after), show(&original), "{name}");
        assert_eq!(undone.before, plan.after, "{name}");
        assert_splices_match(name, &undone);
    });
}

#[test]
fn uninstalling_after_a_rewrite_removes_only_what_is_ours() {
    for_each_file(|name, before| {
        let settings = Json::read(&install(before).after);
        for indent in ["  ", "\t", ""] {
            for settings in [settings.clone(), settings.collapsed()] {
                let rewritten = settings.write(indent);
                let plan = uninstall(rewritten.as_bytes());
                assert!(!oracle::has_hook(&plan.after, is_ours), "{name}: ours stays");
                let expected = settings.without(&is_ours);
                assert_eq!(Json::read(&plan.after), expected, "{name}");
                assert_eq!(show(&plan.after), expected.write(indent), "{name}: not laid out as the rewritten file is");
                assert_splices_match(name, &plan);
            }
        }
    });
}

#[test]
fn uninstalling_without_an_installation_changes_nothing() {
    for_each_file(|name, before| {
        let once = uninstall(before);
        if !oracle::has_hook(before, is_ours) {
            assert_eq!(show(&once.after), show(before), "{name}");
        }
        assert_eq!(show(&uninstall(&once.after).after), show(&once.after), "{name}");
    });
}

#[test]
fn the_file_keeps_its_line_ends_its_byte_order_mark_and_its_final_white_space() {
    for_each_file(|name, before| {
        let after = show(&install(before).after);
        let before = show(before);
        assert_eq!(before.starts_with('\u{feff}'), after.starts_with('\u{feff}'), "{name}");
        let bare_newlines = |text: &str| text.matches('\n').count() - text.matches("\r\n").count();
        if before.contains("\r\n") && bare_newlines(&before) == 0 {
            assert_eq!(bare_newlines(&after), 0, "{name}: {after:?}");
        }
        if !before.contains('\r') {
            assert!(!after.contains('\r'), "{name}: {after:?}");
        }
        let json = before.trim_start_matches('\u{feff}').trim();
        if json.len() > 2 && !json[1..json.len() - 1].trim().is_empty() && !json.contains('\n') {
            assert!(!after.trim().contains('\n'), "{name}: {after}");
        }
        if !json.is_empty() {
            let final_space = |text: &str| text[text.trim_end().len()..].to_owned();
            assert_eq!(final_space(&after), final_space(&before), "{name}");
        }
    });
}

/// Checks that the splices turn the text before into the text after.
fn assert_splices_match(name: &str, plan: &EditPlan) {
    let mut text = plan.before.clone();
    for splice in plan.splices.iter().rev() {
        let taken: Vec<u8> = text.splice(splice.at..splice.at + splice.taken.len(), splice.put.bytes()).collect();
        assert_eq!(show(&taken), splice.taken, "{name}");
    }
    assert_eq!(show(&text), show(&plan.after), "{name}");
}
