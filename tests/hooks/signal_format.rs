//! The member `signal_format`, which holds the version of the format of a signal file.

use session_signals_protocol::signal_format::{FORMAT_MEMBER, SIGNAL_FORMAT};
use session_signals_protocol::{EVENT_RULES, SIGNAL_KINDS, SignalKind};

use crate::hooks::steps::{BASH, EDIT};
use crate::sandbox::Sandbox;

/// The text of a stored signal.
fn text(sandbox: &Sandbox, kind: SignalKind) -> Option<String> {
    fs_err::read_to_string(sandbox.signal_path("s", kind.word())).ok()
}

/// Asserts that a signal has the member once, with the present version, right before the member that must follow it.
#[track_caller]
fn assert_has_format(text: &str, kind: SignalKind) {
    let next = if kind == SignalKind::Permission { "pending\":[" } else { kind.stamp_member() };
    let expected = format!(",\"{FORMAT_MEMBER}\":{SIGNAL_FORMAT},\"{next}");
    assert!(text.contains(&expected), "{text} should contain {expected}");
    assert_eq!(text.matches(FORMAT_MEMBER).count(), 1, "{text}");
}

#[test]
fn every_published_signal_has_the_format_version() {
    let mut published = [false; SIGNAL_KINDS.len()];
    for rule in &EVENT_RULES {
        // Each event follows another one, so that also the events that answer or resume something publish.
        for (event, members) in [("UserPromptSubmit", ""), ("Stop", ""), ("SessionEnd", "")] {
            let sandbox = Sandbox::new();
            sandbox.run_hook("s", event, members).assert_success();
            sandbox.run_hook("s", "PermissionRequest", EDIT).assert_success();
            let before = SIGNAL_KINDS.map(|kind| text(&sandbox, kind));
            sandbox.run_hook("s", rule.event, &format!(r#"{BASH},"trigger":"manual""#)).assert_success();
            for kind in SIGNAL_KINDS {
                let after = text(&sandbox, kind);
                published[kind as usize] |= after.is_some() && after != before[kind as usize];
                if let Some(after) = after {
                    assert_has_format(&after, kind);
                }
            }
        }
    }
    assert_eq!(published, [true; SIGNAL_KINDS.len()], "the events publish every kind of signal");
}

#[test]
fn a_payload_cannot_set_the_format_version() {
    for own in [r#""signal_format":7"#, r#""signal_format" : {"a":[1]}"#, r#""signal\u005fform\u0061t":"7""#] {
        for (event, kind) in [
            ("UserPromptSubmit", SignalKind::Working),
            ("PermissionRequest", SignalKind::Permission),
            ("Stop", SignalKind::Stop),
            ("SessionEnd", SignalKind::Ended),
        ] {
            let sandbox = Sandbox::new();
            sandbox.run_hook("s", event, &format!(r#"{own},"last":1"#)).assert_success();
            let text = text(&sandbox, kind).unwrap();
            assert_has_format(&text, kind);
            assert!(!text.contains("signal\\u") && text.contains(r#""last":1"#), "{text}");
        }
    }
}

#[test]
fn a_list_of_an_older_hook_gets_the_format_version_with_its_next_change() {
    for (event, members, state) in
        [("PermissionRequest", EDIT, "permission(Bash,Edit@a1b2,Edit)"), ("PostToolUse", BASH, "permission(Edit@a1b2)")]
    {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "PermissionRequest", BASH).assert_success();
        let agents_edit = format!(r#""agent_id":"a1b2c3",{EDIT}"#);
        sandbox.run_hook("s", "PermissionRequest", &agents_edit).assert_success();
        let format = format!(",\"{FORMAT_MEMBER}\":{SIGNAL_FORMAT}");
        let older = text(&sandbox, SignalKind::Permission).unwrap().replace(&format, "");
        assert!(!older.contains(FORMAT_MEMBER), "{older}");
        fs_err::write(sandbox.signal_path("s", "permission"), older).unwrap();
        sandbox.run_hook("s", event, members).assert_success();
        assert_has_format(&text(&sandbox, SignalKind::Permission).unwrap(), SignalKind::Permission);
        assert_eq!(sandbox.describe_signals("s"), state, "{event}");
    }
}
