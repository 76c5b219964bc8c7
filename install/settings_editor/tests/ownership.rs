//! Which commands are ours.

use super::{OWNED, install_these, owner_of_path, registrations, request, show};
use crate::settings_editor::{
    EditRefusal, InstallRequest, OwnEntry, Registration, own_entries, plan_install, plan_uninstall, shared_command,
};

#[test]
fn quotes_assignments_and_redirections_do_not_hide_ours() {
    for command in [
        "/home/you/.claude/hooks/session-signals/hook-stop",
        "\"/home/my name/.claude/hooks/session-signals/hook-stop\"",
        "'/home/my name/.claude/hooks/session-signals/hook-stop'",
        r"/home/my\ name/.claude/hooks/session-signals/hook-stop",
        "\"$HOME\"/.claude/hooks/session-signals/hook-stop",
        "${CLAUDE_CONFIG_DIR}/hooks/session-signals/hook-stop",
        "~/.claude/hooks/session-signals/hook-stop --verbose x",
        "  \t/x/session-signals/hook-stop  ",
        "A=1 B='two words' /x/session-signals/hook-stop",
        "env A=1 /x/session-signals/hook-stop",
        "/usr/bin/env A=1 exec /x/session-signals/hook-stop",
        "/x/session-signals/hook-stop 2>/dev/null",
        "/x/session-signals/hook-stop >>/tmp/log 2>&1",
        "/x/session-signals/hook-stop < /dev/null || true",
        "/x/session-signals/hook-stop||:",
        "/src/session-signals/target/release/hook-stop",
        "session-signals/hook-stop",
    ] {
        assert_eq!(executable_of(command, &OWNED).as_deref(), Some("hook-stop"), "{command}");
    }
}

#[test]
fn commands_that_look_alike_are_not_ours() {
    for command in [
        "",
        " ",
        "hook-stop",
        "/opt/x/hook-stop",
        "/x/session-signals",
        "/x/session-signals/",
        "/x/session-signals/hook-stop/",
        "/x/session-signals/hook-stop.sh",
        "/x/session-signals/my-hook-stop-wrapper",
        "/x/session-signals/hook-stop-done",
        "/x/session-signals/HOOK-STOP",
        "/x/session-signals-old/hook-stop",
        "echo hook-stop-done",
        "echo /x/session-signals/hook-stop",
        "bash -c /x/session-signals/hook-stop",
        "/x/session-signals/hook-stop; mine",
        "/x/session-signals/hook-stop && mine",
        "/x/session-signals/hook-stop || mine",
        "/x/session-signals/hook-stop & mine",
        "/x/session-signals/hook-stop\nmine",
        "mine || /x/session-signals/hook-stop",
        "mine | /x/session-signals/hook-stop",
        "(/x/session-signals/hook-stop)",
        "/x/session-signals/hook-stop $(mine)",
        "/x/session-signals/hook-stop `mine`",
        "/x/session-signals/hook-stop \"$(mine)\"",
        "cat </x/session-signals/hook-stop",
        "mine >/x/session-signals/hook-stop",
        "A=/x/session-signals/hook-stop",
        "A=/x/session-signals/hook-stop mine",
        "'/x/session-signals/hook-stop",
        "\"/x/session-signals/hook-stop",
        "# /x/session-signals/hook-stop",
        "/x/session-signals\\hook-stop",
    ] {
        assert_eq!(executable_of(command, &OWNED), None, "{command}");
    }
    assert_eq!(executable_of("/x/session-signals/hook-stop", &[]), None);
    assert_eq!(executable_of("/x/session-signals/hook-stop", &["stop"]), None);
}

#[test]
fn the_line_of_shared_settings_is_ours_only_as_we_write_it() {
    let line = shared_command("hook-stop", &[]);
    assert_eq!(executable_of(&line, &OWNED).as_deref(), Some("hook-stop"));
    let daemons = shared_command("sessions", &["daemons", "start"]);
    assert_eq!(executable_of(&daemons, &DAEMONS).as_deref(), Some("sessions"));
    assert_eq!(executable_of(&daemons, &["sessions daemons stop"]), None);
    for (from, to) in
        [("exec", "mine"), ("hook-stop", "hook-stop.sh"), ("\"$s\"", "\"$s\"; mine"), ("$HOME", "$MINE"), ("s=", "t=")]
    {
        assert_eq!(executable_of(&line.replacen(from, to, 1), &OWNED), None, "{from} {to}");
    }
    for more in [" || true", "; mine", " $(mine)", "\nmine", " ", " >/dev/null"] {
        assert_eq!(executable_of(&format!("{line}{more}"), &OWNED), None, "{more}");
    }
}

/// Returns which executable the editor finds in a hook with this command.
fn executable_of(command: &str, owned: &[&str]) -> Option<String> {
    let hook = serde_json::json!({"type": "command", "command": command});
    let text = serde_json::json!({"hooks": {"Stop": [{"hooks": [hook]}]}}).to_string();
    let entry = own_entries(text.as_bytes(), owned).expect("valid settings").pop()?;
    assert_eq!((entry.event.as_str(), entry.command.as_str()), ("Stop", command));
    Some(entry.path.rsplit('/').next()?.to_owned())
}

#[test]
fn every_entry_of_ours_is_listed() {
    let text = br#"{"hooks": {"Stop": [{"hooks": [
        {"type": "command", "command": "mine"},
        {"type": "command", "command": "A=1 \"/my x/session-signals/hook-stop\" || true"},
        {"type": "command", "command": "/my x/session-signals/hook-stop", "args": []}]}],
        "Other": [{"hooks": [{"type": "command", "command": "/session-signals/hook-compact"}]}]}}"#;
    let entry = |event: &str, command: &str, path: &str, exec| OwnEntry {
        event: event.into(),
        command: command.into(),
        path: path.into(),
        exec,
        args: Vec::new(),
    };
    let path = "/my x/session-signals/hook-stop";
    let expected = vec![
        entry("Stop", "A=1 \"/my x/session-signals/hook-stop\" || true", path, false),
        entry("Stop", path, path, true),
        entry("Other", "/session-signals/hook-compact", "/session-signals/hook-compact", false),
    ];
    assert_eq!(own_entries(text, &OWNED), Ok(expected));
}

#[test]
fn a_path_with_spaces_is_registered_for_a_shell() {
    let mut quoted = registrations();
    for registration in &mut quoted {
        registration.command = registration.command.replace("/home/you/", "\"/home/my name/") + "\"";
        registration.args = None;
    }
    let plan = install_these(b"{}", &quoted);
    assert_eq!(own_entries(&plan.after, &OWNED).expect("valid").len(), quoted.len());
    assert!(!show(&plan.after).contains("args"), "in the exec form the quotes would be part of the path");
    assert!(!install_these(&plan.after, &quoted).is_change());
    // The home is moved to a path without spaces.
    let moved = install_these(&plan.after, &registrations());
    assert_eq!(moved.after.len(), install_these(b"{}", &registrations()).after.len());
}

#[test]
fn a_command_that_would_not_be_recognised_as_ours_is_not_registered() {
    for (command, owned) in [("/opt/x/hook-stop", &OWNED[..]), ("/x/session-signals/hook-stop", &[])] {
        let registrations = [Registration { event: "Stop", command: command.to_owned(), args: Some(&[]), timeout: 10 }];
        let request = InstallRequest { owned, ..request(&registrations) };
        assert!(matches!(plan_install(b"{}", &request), Err(EditRefusal::CheckFailed(_))), "{command}");
    }
}

const DAEMONS: [&str; 2] = ["sessions daemons start", "sessions daemons stop"];

#[test]
fn sessions_is_ours_only_if_it_starts_or_ends_daemons() {
    let hooks = [
        (r#""command": "/x/session-signals/sessions", "args": ["daemons", "start"]"#, true),
        (r#""command": "'/my x/session-signals/sessions' daemons stop""#, true),
        (r#""command": "/x/session-signals/sessions daemons start --project /y || true""#, true),
        (r#""command": "/x/session-signals/sessions""#, false),
        (r#""command": "/x/session-signals/sessions", "args": ["daemons"]"#, false),
        (r#""command": "/x/session-signals/sessions", "args": ["daemons", "started"]"#, false),
        (r#""command": "/x/session-signals/sessions", "args": ["--all", "daemons", "start"]"#, false),
        (r#""command": "/x/sessions", "args": ["daemons", "start"]"#, false),
        (r#""command": "/x/session-signals/my-sessions", "args": ["daemons", "start"]"#, false),
    ];
    for (hook, ours) in hooks {
        let text = format!(r#"{{"hooks": {{"Stop": [{{"hooks": [{{"type": "command", {hook}}}]}}]}}}}"#);
        assert_eq!(own_entries(text.as_bytes(), &DAEMONS).expect("valid").len(), usize::from(ours), "{hook}");
        let plan = plan_uninstall(text.as_bytes(), &DAEMONS, &owner_of_path).expect("valid");
        assert_eq!(plan.is_change(), ours, "{hook}");
    }
}

#[test]
fn our_arguments_are_corrected_and_the_users_arguments_stay() {
    let command = "/new/session-signals/sessions";
    let args = Some(&["daemons", "start"][..]);
    let registrations = [Registration { event: "SessionStart", command: command.to_owned(), args, timeout: 10 }];
    let request = InstallRequest { owned: &DAEMONS, ..request(&registrations) };
    let hook = |command: &str, args: &str| {
        format!(
            r#"{{"hooks": {{"SessionStart": [{{"hooks": [{{"type": "command", "command": "{command}"{args}, "timeout": 10}}]}}]}}}}"#
        )
    };
    let right = hook(command, r#", "args": ["daemons", "start"]"#);
    let own = hook(command, r#", "args": ["daemons", "start", "--project", "/y"]"#);
    let shell = hook("'/old y/session-signals/sessions' daemons start", "");
    for (before, after) in [
        (&right, &right),
        (&own, &own),
        (&hook("/old/session-signals/sessions", r#", "args": ["daemons", "start"]"#), &right),
        // New members are added at the end.
        (&shell, &hook(command, "").replace("10}", r#"10, "args": ["daemons", "start"]}"#)),
    ] {
        let plan = plan_install(before.as_bytes(), &request).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(show(&plan.after), *after);
    }
    // An entry that ends daemons is removed from the event that starts them.
    let stop = hook(command, r#", "args": ["daemons", "stop"]"#);
    let plan = plan_install(stop.as_bytes(), &request).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!show(&plan.after).contains("stop") && show(&plan.after).contains(r#""start""#), "{}", show(&plan.after));
}
