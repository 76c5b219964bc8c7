//! The rules for entries of ours that are in the settings already, each with an example.

use super::{DIRECTORY, install, install_these, registrations, request, show, uninstall};
use crate::settings_editor::{ChangeKind, EditPlan, Registration, plan_install, settings_snippet};

/// Installs the registration for `Stop` alone.
fn install_stop(text: &str) -> EditPlan {
    let all = registrations().into_iter();
    let stop: Vec<Registration> = all.filter(|registration| registration.event == "Stop").collect();
    install_these(text.as_bytes(), &stop)
}

/// Returns `text` with our directory in place of `BIN`.
fn with_directory(text: &str) -> String {
    text.replace("BIN", DIRECTORY)
}

/// Checks what installing for `Stop` makes of `before`, and what it reports.
#[track_caller]
fn becomes(before: &str, after: &str, changes: &[ChangeKind]) {
    let plan = install_stop(&with_directory(before));
    assert_eq!(show(&plan.after), with_directory(after));
    assert_eq!(plan.registered.iter().map(|change| change.what).collect::<Vec<_>>(), changes);
}

#[test]
fn a_missing_entry_is_added_at_the_end_of_its_event() {
    becomes(
        r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]}]}}"#,
        r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]},{"hooks":[{"type":"command","command":"BIN/hook-stop","args":[],"timeout":10}]}]}}"#,
        &[ChangeKind::Added],
    );
}

#[test]
fn what_the_user_has_edited_in_an_entry_stays() {
    for hook in [
        r#"{"timeout":99,"type":"command","args":[],"command":"BIN/hook-stop"}"#,
        r#"{"type":"command","command":"BIN/hook-stop","args":[],"timeout":0.50}"#,
        r#"{"type":"command","command":"BIN/hook-stop","args":[ ],"timeout":10,"statusMessage":"…"}"#,
        r#"{"type":"command","command":"A=1 BIN/hook-stop 2>/tmp/log","timeout":10}"#,
        r#"{"type":"command","command":"\"BIN/hook-stop\" || true","timeout":10}"#,
        r#"{"type":"command","command":"BIN/hook-stop","args":["-v"],"timeout":10}"#,
    ] {
        let text = format!(r#"{{"hooks":{{"Stop":[{{"matcher":"x","hooks":[{hook}]}}]}}}}"#);
        becomes(&text, &text, &[ChangeKind::Kept]);
    }
}

#[test]
fn an_earlier_versions_entry_is_updated_in_place() {
    let after =
        r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"BIN/hook-stop","args":[],"timeout":10}]},7]}}"#;
    for hook in [
        r#"{"type":"command","command":"/old/session-signals/hook-stop","args":[],"timeout":10}"#,
        r#"{"type":"command","command":"BIN/hook-stop","args":null,"timeout":10}"#,
        r#"{"type":"command","command":"/old/session-signals/hook-stop","args":["x"],"timeout":10}"#,
    ] {
        becomes(&format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{hook}]}},7]}}}}"#), after, &[ChangeKind::Updated]);
    }
    becomes(
        r#"{"hooks": {"Stop": [{"hooks": [{"command": "A=1 '/old/session-signals/hook-stop' || true", "type": "command"}]}]}}"#,
        r#"{"hooks": {"Stop": [{"hooks": [{"command": "BIN/hook-stop", "type": "command", "args": [], "timeout": 10}]}]}}"#,
        &[ChangeKind::Updated],
    );
}

#[test]
fn duplicates_converge_into_the_one_the_user_edited() {
    let one = |timeout: u32| format!(r#"{{"type":"command","command":"BIN/hook-stop","args":[],"timeout":{timeout}}}"#);
    let file = |groups: &str| format!(r#"{{"hooks":{{"Stop":[{groups}]}}}}"#);
    let (plain, edited, mine) = (one(10), one(30), r#"{"type":"command","command":"mine"}"#);
    becomes(
        &file(&format!(r#"{{"hooks":[{plain},{mine},{plain}]}},{{"hooks":[{edited}]}},{{"hooks":[{plain}]}}"#)),
        &file(&format!(r#"{{"hooks":[{mine}]}},{{"hooks":[{edited}]}}"#)),
        &[ChangeKind::Converged(3)],
    );
    // If an entry is for every matcher, the others are duplicates. If none is, one entry stays for each matcher.
    becomes(
        &file(&format!(r#"{{"matcher":"a","hooks":[{edited}]}},{{"matcher":"*","hooks":[{plain}]}}"#)),
        &file(&format!(r#"{{"matcher":"*","hooks":[{plain}]}}"#)),
        &[ChangeKind::Converged(1)],
    );
    let apart = file(&format!(r#"{{"matcher":"a","hooks":[{plain}]}},{{"matcher":"b","hooks":[{plain}]}}"#));
    becomes(&apart, &apart, &[ChangeKind::Kept]);
}

#[test]
fn entries_of_ours_that_are_not_asked_for_are_removed() {
    let plan = install_stop(&with_directory(
        r#"{"hooks":{"StopFailure":[{"hooks":[{"type":"command","command":"BIN/hook-stop"}]}],"Stop":[{"hooks":[{"type":"command","command":"BIN/hook-compact"}]}]}}"#,
    ));
    let expected =
        r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"BIN/hook-stop","args":[],"timeout":10}]}]}}"#;
    assert_eq!(show(&plan.after), with_directory(expected));
    let changes: Vec<_> = plan.registered.iter().map(|change| (change.event.as_str(), change.what)).collect();
    assert_eq!(
        changes,
        [("Stop", ChangeKind::Added), ("StopFailure", ChangeKind::Removed), ("Stop", ChangeKind::Removed)]
    );
}

#[test]
fn a_dashboards_script_is_replaced() {
    becomes(
        "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\"type\": \"command\", \"command\": \"~/.claude/hooks/stop.sh\"}\n        ]\n      }\n    ]\n  }\n}",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      {\n        \"hooks\": [\n          {\n            \"type\": \"command\",\n            \"command\": \"BIN/hook-stop\",\n            \"args\": [],\n            \"timeout\": 10\n          }\n        ]\n      }\n    ]\n  }\n}",
        &[ChangeKind::Added],
    );
}

#[test]
fn uninstalling_keeps_an_empty_container_that_hides_another_one() {
    let hook = with_directory(r#"{"type":"command","command":"BIN/hook-stop"}"#);
    let dead = r#"{"hooks":[{"type":"command","command":"dead"}]}"#;
    for (before, after) in [
        (
            format!(r#"{{"hooks":{{"Stop":[{dead}]}},"hooks":{{"Stop":[{{"hooks":[{hook}]}}]}}}}"#),
            format!(r#"{{"hooks":{{"Stop":[{dead}]}},"hooks":{{}}}}"#),
        ),
        (
            format!(r#"{{"hooks":{{"Stop":[{dead}],"St\u006fp":[{{"hooks":[{hook}]}}]}}}}"#),
            format!(r#"{{"hooks":{{"Stop":[{dead}],"St\u006fp":[]}}}}"#),
        ),
        (
            format!(r#"{{"hooks":{{"Stop":[{{"hooks":[{hook}],"note":"the user's"}}]}}}}"#),
            r#"{"hooks":{"Stop":[{"hooks":[],"note":"the user's"}]}}"#.to_owned(),
        ),
        (
            format!(r#"{{"hooks":{{"Stop":[{{"hooks":[7],"hooks":[{hook}]}}]}}}}"#),
            r#"{"hooks":{"Stop":[{"hooks":[7],"hooks":[]}]}}"#.to_owned(),
        ),
    ] {
        assert_eq!(show(&uninstall(before.as_bytes()).after), after);
    }
}

#[test]
fn the_snippet_is_what_an_empty_file_becomes() {
    assert_eq!(settings_snippet(&registrations()), show(&install(b"").after));
    assert_eq!(settings_snippet(&registrations()), show(&install(b"{}\n").after));
    let nothing = plan_install(b"{}", &request(&[])).expect("a plan");
    assert!(!nothing.is_change(), "without registrations nothing changes");
}
