//! Receipts over several installations, and where they do not fit.

use super::{OWNED, install, install_these, place, registrations, show, uninstall};
use crate::settings_editor::{EditReceipt, Registration, undo_edit};

const ORIGINAL: &str = "{ \"hooks\":{\r\n},\"env\" : {},\n\"x\": [{\"hooks\": \"~/.claude/hooks/stop.sh\"}], \"hooks\": {\"Stop\": [\n {\"hooks\":[{\"type\":\"command\",\"command\":\"~/.claude/hooks/stop.sh\" }, 1.0]}]}\t}";

/// ChangeKind another version of ours would register: other paths, fewer and more events.
fn other_version() -> Vec<Registration> {
    let mut wanted = registrations();
    wanted.remove(0);
    wanted.push(Registration { event: "PostCompact", command: String::new(), ..wanted[0].clone() });
    for registration in &mut wanted {
        "/opt/session-signals/hook-compact".clone_into(&mut registration.command);
        registration.timeout = 5;
    }
    wanted
}

#[test]
fn an_upgrade_and_an_uninstallation_give_the_first_original() {
    let first = install(ORIGINAL.as_bytes());
    let mut receipt = EditReceipt::from_plan(&first, None);
    let mut now = first.after;
    for wanted in [other_version(), registrations(), other_version()] {
        let plan = install_these(&now, &wanted);
        assert!(plan.is_change());
        receipt = EditReceipt::from_plan(&plan, Some(&receipt));
        now = plan.after;
    }
    assert_eq!(show(&undo_edit(&now, &receipt, &OWNED, &place).expect("it fits").after), ORIGINAL);
}

#[test]
fn an_edit_by_somebody_else_voids_it() {
    let plan = install(ORIGINAL.as_bytes());
    let receipt = EditReceipt::from_plan(&plan, None);
    assert!(receipt.matches_text(&plan.after) && !receipt.matches_text(ORIGINAL.as_bytes()));
    let edited = show(&plan.after).replace("\"env\" : {}", "\"env\" : {\"A\":\"1\"}");
    assert_eq!(undo_edit(edited.as_bytes(), &receipt, &OWNED, &place), None);
    // The next installation starts a new chain: its way back ends at the edited text, less ours.
    let upgrade = install_these(edited.as_bytes(), &other_version());
    let receipt = EditReceipt::from_plan(&upgrade, Some(&receipt));
    let back = undo_edit(&upgrade.after, &receipt, &OWNED, &place).expect("it fits");
    assert_eq!(show(&back.after), show(&uninstall(edited.as_bytes()).after));
    assert!(show(&back.after).contains("\"A\":\"1\"") && !show(&back.after).contains("hook-"));
}

#[test]
fn what_was_ours_before_does_not_come_back() {
    let before =
        br#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"/gone/session-signals/hook-stop"}, 1.0 ]}]}}"#;
    let plan = install(before);
    let back = undo_edit(&plan.after, &EditReceipt::from_plan(&plan, None), &OWNED, &place).expect("it fits");
    assert_eq!(show(&back.after), r#"{"hooks":{"Stop":[{"hooks":[1.0 ]}]}}"#);
    assert_eq!(back.registered.len(), registrations().len(), "it names every entry that goes");
}

#[test]
fn a_damaged_receipt_is_no_receipt() {
    let plan = install(ORIGINAL.as_bytes());
    let receipt = serde_json::to_value(EditReceipt::from_plan(&plan, None)).expect("JSON");
    assert_eq!(
        receipt["sha256"],
        // printf … | sha256sum
        serde_json::json!(hash(&plan.after)),
    );
    let damage = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut damaged = receipt.clone();
        change(&mut damaged);
        let damaged: EditReceipt = serde_json::from_value(damaged).expect("still a receipt");
        assert_eq!(undo_edit(&plan.after, &damaged, &OWNED, &place), None, "{damaged:?}");
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
