//! The proof is the last line of defence, so here it is shown edits that no editor should make.

use super::{
    super::edit_plan::{EditPlan, HookOwner, InstallRequest, Registration, ReplacedScript},
    check_edit,
};

const OURS: &str = r#"{"type":"command","command":"/session-signals/hook-stop"}"#;

/// Whether the proof lets an edit from `before` to `after` pass that claims to have replaced `~/stop.sh`, and to
/// have registered `hook-stop` where `registered`. `OURS` stands for the hook of ours.
fn passes(before: &str, after: &str, registered: bool) -> bool {
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
    let wanted = [Registration { event: "Stop", command, args: None, timeout: 10 }];
    let request = InstallRequest {
        registrations: if registered { &wanted } else { &[] },
        owned: &["hook-stop"],
        place: &|_, _| HookOwner::Former,
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
fn passes_what_only_adds_removes_and_tidies_ours() {
    assert!(passes(BEFORE, AFTER, true));
    assert!(passes(BEFORE, &AFTER.replace(", OURS]}", "]}, {\"hooks\": [OURS]}"), true));
    assert!(passes("{}", r#" { "hooks" : {"Stop":[{"matcher":"x","hooks":[OURS]}]} } "#, true));
    assert!(passes(r#"{"hooks":{"Stop":[{"hooks":[OURS]}]}}"#, "{}", false));
    assert!(passes("", r#"{"hooks":{"Stop":[{"hooks":[OURS]}]}}"#, true));
}

#[test]
fn refuses_a_change_of_anything_else() {
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
fn refuses_what_does_not_do_what_it_says() {
    assert!(!passes(BEFORE, &AFTER.replace(", OURS", ""), true), "not registered");
    assert!(!passes(BEFORE, AFTER, false), "not wanted, but there");
    assert!(!passes(BEFORE, &BEFORE.replace("[{\"type\"", "[OURS, {\"type\""), true), "the script is still there");
    assert!(!passes("{}", r#"{"hooks":{"SessionEnd":[{"hooks":[OURS]}]}}"#, true), "under another event");
}

#[test]
fn refuses_what_uncovers_a_duplicate() {
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
