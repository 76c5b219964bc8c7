//! Tests of the check with edits that the editor must never make.

use super::{
    super::{
        edit_plan::{EditPlan, ReplacedScript},
        install_request::{HookOwner, InstallRequest},
        registration::Registration,
    },
    check_edit,
};

const OURS: &str = r#"{"type":"command","command":"/session-signals/hook-stop"}"#;

/// Returns whether an edit from `before` to `after` passes the check. The edit claims to have replaced `~/stop.sh`, and
/// to have registered `hook-stop` if `is_registered`. In both texts `OURS` stands for our hook.
fn passes(before: &str, after: &str, is_registered: bool) -> bool {
    let plan = EditPlan {
        before: before.replace("OURS", OURS).into(),
        after: after.replace("OURS", OURS).into(),
        splices: Vec::new(),
        registered: Vec::new(),
        of_others: Vec::new(),
        by_hand: Vec::new(),
        replaced_scripts: vec![ReplacedScript { event: "Stop".into(), command: "~/stop.sh".into() }],
    };
    let command = "/session-signals/hook-stop".to_owned();
    let registrations = [Registration { event: "Stop", command, args: None, timeout: 10 }];
    let request = InstallRequest {
        registrations: if is_registered { &registrations } else { &[] },
        owned: &["hook-stop"],
        owner_of_path: &|_, _| HookOwner::Former,
        keep_others: false,
        keep_scripts: false,
        writes_signals: &|_| true,
    };
    check_edit(&plan, &request).is_ok()
}

const BEFORE: &str = r#"{"a": 1.0, "b": "\u0026", "a": {"x": 1e400, "x": 2}, "hooks": {"Stop": [{"hooks":
    [{"type": "command", "command": "~/stop.sh"}, {"type": "command", "command": "mine"}]}], "Other": []}}"#;
const AFTER: &str = r#"{"a": 1.0, "b": "\u0026", "a": {"x": 1e400, "x": 2}, "hooks": {"Stop": [{"hooks":
    [{"type": "command", "command": "mine"}, OURS]}]}}"#;

#[test]
fn an_edit_of_our_hooks_alone_passes() {
    assert!(passes(BEFORE, AFTER, true));
    assert!(passes(BEFORE, &AFTER.replace(", OURS]}", "]}, {\"hooks\": [OURS]}"), true));
    assert!(passes("{}", r#" { "hooks" : {"Stop":[{"matcher":"x","hooks":[OURS]}]} } "#, true));
    assert!(passes(r#"{"hooks":{"Stop":[{"hooks":[OURS]}]}}"#, "{}", false));
    assert!(passes("", r#"{"hooks":{"Stop":[{"hooks":[OURS]}]}}"#, true));
}

#[test]
fn a_change_of_anything_else_is_refused() {
    for (from, to) in [
        ("1.0", "1"),
        ("1e400", "1e999"),
        (r#""\u0026""#, r#""&""#),
        (r#""b":"#, r#""\u0062":"#),
        (r#""a": 1.0, "#, ""),
        (r#""x": 1e400, "#, ""),
        (r#""a": 1.0, "b": "\u0026""#, r#""b": "\u0026", "a": 1.0"#),
        (r#"{"type": "command", "command": "mine"}, "#, ""),
        (r#""command": "mine"}"#, r#""command": "mine", "timeout": 10}"#),
        (r#"{"hooks":"#, r#"{"matcher": "", "hooks":"#),
        (r#""hooks": {"#, r#""hooks": {"Stop": "x", "#),
        ("\"Stop\"", "\"stop\""),
        ("{\"a\"", "[{\"a\""),
        ("2}", "2},"),
    ] {
        let after = AFTER.replacen(from, to, 1);
        assert_ne!(after, AFTER, "{from} is not there");
        assert!(!passes(BEFORE, &after, true), "{from} became {to}");
    }
}

#[test]
fn an_edit_that_does_not_do_what_it_claims_is_refused() {
    assert!(!passes(BEFORE, &AFTER.replace(", OURS", ""), true), "not registered");
    assert!(!passes(BEFORE, AFTER, false), "not wanted, but there");
    assert!(!passes(BEFORE, &BEFORE.replace("[{\"type\"", "[OURS, {\"type\""), true), "the script is still there");
    assert!(!passes("{}", r#"{"hooks":{"SessionEnd":[{"hooks":[OURS]}]}}"#, true), "under another event");
}

#[test]
fn removing_an_empty_container_that_hides_another_one_is_refused() {
    let dead = r#"{"hooks":{"Stop":[{"hooks":[7]}]},"hooks":{"Stop":[{"hooks":[OURS]}]}}"#;
    assert!(passes(dead, r#"{"hooks":{"Stop":[{"hooks":[7]}]},"hooks":{}}"#, false));
    assert!(!passes(dead, r#"{"hooks":{"Stop":[{"hooks":[7]}]}}"#, false));
    let dead = r#"{"hooks":{"Stop":[{"hooks":[7]}],"Stop":[{"hooks":[OURS]}]}}"#;
    assert!(passes(dead, r#"{"hooks":{"Stop":[{"hooks":[7]}],"Stop":[]}}"#, false));
    assert!(!passes(dead, r#"{"hooks":{"Stop":[{"hooks":[7]}]}}"#, false));
    let noted = r#"{"hooks":{"Stop":[{"note":"mine","hooks":[OURS]}]}}"#;
    assert!(passes(noted, r#"{"hooks":{"Stop":[{"note":"mine","hooks":[]}]}}"#, false));
    assert!(!passes(noted, "{}", false));
}
