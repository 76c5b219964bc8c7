//! Receipts of several installations in a row, and receipts that do not fit.

use super::{OWNED, install, install_these, owner_of_path, registrations, show, undo, uninstall};
use crate::settings_editor::{EditReceipt, Registration, undo_edit};

const ORIGINAL: &str = "{ \"hooks\":{\r\n},\"env\" : {},\n\"x\": [{\"hooks\": \"~/.claude/hooks/stop.sh\"}], \"hooks\": {\"Stop\": [\n {\"hooks\":[{\"type\":\"command\",\"command\":\"~/.claude/hooks/stop.sh\" }, 1.0]}]}\t}";

/// Returns what another version of ours registers: other paths, one event less and one more.
fn other_version() -> Vec<Registration> {
    let mut registrations = registrations();
    registrations.remove(0);
    registrations.push(Registration { event: "PostCompact", command: String::new(), ..registrations[0].clone() });
    for registration in &mut registrations {
        "/opt/session-signals/hook-compact".clone_into(&mut registration.command);
        registration.timeout = 5;
    }
    registrations
}

#[test]
fn uninstalling_after_upgrades_restores_the_first_original() {
    let first = install(ORIGINAL.as_bytes());
    let mut receipt = EditReceipt::from_plan(&first, None);
    let mut now = first.after;
    for registrations in [other_version(), registrations(), other_version()] {
        let plan = install_these(&now, &registrations);
        assert!(plan.is_change());
        receipt = EditReceipt::from_plan(&plan, Some(&receipt));
        now = plan.after;
    }
    assert_eq!(show(&undo_edit(&now, &receipt, &OWNED, &owner_of_path).expect("the receipt fits").after), ORIGINAL);
}

#[test]
fn a_receipt_does_not_fit_once_somebody_else_has_edited_the_file() {
    let plan = install(ORIGINAL.as_bytes());
    let receipt = EditReceipt::from_plan(&plan, None);
    assert!(receipt.matches_text(&plan.after) && !receipt.matches_text(ORIGINAL.as_bytes()));
    let edited = show(&plan.after).replace("\"env\" : {}", "\"env\" : {\"A\":\"1\"}");
    assert_eq!(undo_edit(edited.as_bytes(), &receipt, &OWNED, &owner_of_path), None);
    // The next installation starts a new list of edits. It leads back to the edited text without our entries.
    let upgrade = install_these(edited.as_bytes(), &other_version());
    let receipt = EditReceipt::from_plan(&upgrade, Some(&receipt));
    let undone = undo_edit(&upgrade.after, &receipt, &OWNED, &owner_of_path).expect("the receipt fits");
    assert_eq!(show(&undone.after), show(&uninstall(edited.as_bytes()).after));
    assert!(show(&undone.after).contains("\"A\":\"1\"") && !show(&undone.after).contains("hook-"));
}

#[test]
fn entries_of_ours_in_the_original_are_not_restored() {
    let before =
        br#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/gone/session-signals/hook-stop"}, 1.0 ]}]}}"#;
    let plan = install(before);
    let undone = undo(&plan);
    assert_eq!(show(&undone.after), r#"{"hooks":{"Stop":[{"hooks":[1.0 ]}]}}"#);
    assert_eq!(undone.registered.len(), registrations().len(), "every entry that is removed is listed");
}

#[test]
fn a_damaged_receipt_is_not_used() {
    let plan = install(ORIGINAL.as_bytes());
    let receipt = serde_json::to_value(EditReceipt::from_plan(&plan, None)).expect("JSON");
    assert_eq!(
        receipt["sha256"],
        // what sha256sum prints
        serde_json::json!(hash(&plan.after)),
    );
    let damage = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut damaged = receipt.clone();
        change(&mut damaged);
        let damaged: EditReceipt = serde_json::from_value(damaged).expect("still a receipt");
        assert_eq!(undo_edit(&plan.after, &damaged, &OWNED, &owner_of_path), None, "{damaged:?}");
    };
    damage(&|receipt| receipt["version"] = 2.into());
    damage(&|receipt| receipt["sha256"] = "".into());
    damage(&|receipt| receipt["edits"][0][0]["at"] = u64::MAX.into());
    damage(&|receipt| receipt["edits"][0][0]["at"] = 1.into());
    damage(&|receipt| receipt["edits"][0][0]["put"] = "something else".into());
    damage(&|receipt| receipt["edits"][0].as_array_mut().expect("edits").reverse());
    damage(&|receipt| receipt["edits"][0][0]["taken"] = "{".into());
}

fn hash(text: &[u8]) -> String {
    use std::fmt::Write;
    let mut hex = String::new();
    for byte in <sha2::Sha256 as sha2::Digest>::digest(text) {
        write!(hex, "{byte:02x}").expect("a String");
    }
    hex
}
