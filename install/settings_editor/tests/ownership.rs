//! HookOwner a command is.

use super::{OWNED, install_these, place, registrations, show};
use crate::settings_editor::{EditRefusal, InstallRequest, OwnEntry, Registration, own_entries};

#[test]
fn ours_in_whatever_clothes() {
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
        assert_eq!(owner(command, &OWNED).as_deref(), Some("hook-stop"), "{command}");
    }
}

#[test]
fn not_ours_though_alike() {
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
        assert_eq!(owner(command, &OWNED), None, "{command}");
    }
    assert_eq!(owner("/x/session-signals/hook-stop", &[]), None);
    assert_eq!(owner("/x/session-signals/hook-stop", &["stop"]), None);
}

#[test]
fn the_line_of_shared_settings_to_the_letter() {
    let line = crate::settings_editor::shared_command("hook-stop", &[]);
    assert_eq!(owner(&line, &OWNED).as_deref(), Some("hook-stop"));
    let daemons = crate::settings_editor::shared_command("sessions", &["daemons", "start"]);
    assert_eq!(owner(&daemons, &DAEMONS).as_deref(), Some("sessions"));
    assert_eq!(owner(&daemons, &["sessions daemons stop"]), None);
    for (from, to) in
        [("exec", "mine"), ("hook-stop", "hook-stop.sh"), ("\"$s\"", "\"$s\"; mine"), ("$HOME", "$MINE"), ("s=", "t=")]
    {
        assert_eq!(owner(&line.replacen(from, to, 1), &OWNED), None, "{from} {to}");
    }
    for more in [" || true", "; mine", " $(mine)", "\nmine", " ", " >/dev/null"] {
        assert_eq!(owner(&format!("{line}{more}"), &OWNED), None, "{more}");
    }
}

/// Which executable the editor finds in a hook of this command.
fn owner(command: &str, owned: &[&str]) -> Option<String> {
    let hook = serde_json::json!({"type": "command", "command": command});
    let text = serde_json::json!({"hooks": {"Stop": [{"hooks": [hook]}]}}).to_string();
    let entry = own_entries(text.as_bytes(), owned).expect("valid settings").pop()?;
    assert_eq!((entry.event.as_str(), entry.command.as_str()), ("Stop", command));
    Some(entry.path.rsplit('/').next()?.to_owned())
}

/// The commands under `Stop` that are left where scripts that write session signals are replaced, `asked` being
/// the paths the editor asked about.
fn left(commands: &[&str], keep_scripts: bool, writes: bool) -> (Vec<String>, Vec<String>) {
    let hooks: Vec<_> = commands.iter().map(|line| serde_json::json!({"type": "command", "command": line})).collect();
    let text = serde_json::json!({"hooks": {"Stop": [{"hooks": hooks}]}}).to_string();
    let asked = std::cell::RefCell::new(Vec::new());
    let writes_signals = |path: &str| {
        asked.borrow_mut().push(path.to_owned());
        writes
    };
    let request = InstallRequest {
        registrations: &[],
        owned: &OWNED,
        place: &place,
        keep_others: false,
        keep_scripts,
        writes_signals: &writes_signals,
    };
    let plan = crate::settings_editor::plan_install(text.as_bytes(), &request).expect("a plan");
    let after = super::oracle::Json::read(&plan.after);
    let left: Vec<_> = after.hooks().iter().map(|(_, hook)| hook.get("command").expect("a command").text()).collect();
    assert_eq!(left.len() + plan.replaced_scripts.len(), commands.len());
    assert!(
        plan.replaced_scripts
            .iter()
            .all(|script| script.event == "Stop" && commands.contains(&script.command.as_str()))
    );
    (left, asked.into_inner())
}

#[test]
fn the_dashboards_scripts_however_started() {
    let commands = [
        "~/.claude/hooks/stop.sh",
        "$HOME/.claude/hooks/session-end.sh",
        "\"$HOME/.claude/hooks/permission-request.sh\"",
        "bash /home/my\\ name/user-prompt-submit.sh",
        "/bin/sh '/home/my name/stop.sh'",
        "/usr/bin/env bash -e ~/stop.sh x y",
        "powershell -File C:\\Users\\you\\stop.ps1",
        "powershell.exe -NoProfile -ExecutionPolicy Bypass -file \"C:\\my name\\session-end.ps1\"",
        "pwsh ./stop.ps1",
        "stop.sh",
        "~/.claude/hooks/stop.sh 2>/dev/null || true",
    ];
    let paths = [
        "~/.claude/hooks/stop.sh",
        "$HOME/.claude/hooks/session-end.sh",
        "$HOME/.claude/hooks/permission-request.sh",
        "/home/my name/user-prompt-submit.sh",
        "/home/my name/stop.sh",
        "~/stop.sh",
        "C:\\Users\\you\\stop.ps1",
        "C:\\my name\\session-end.ps1",
        "./stop.ps1",
        "stop.sh",
        "~/.claude/hooks/stop.sh",
    ];
    let (left_over, asked) = left(&commands, false, true);
    assert_eq!(left_over, Vec::<String>::new());
    assert_eq!(asked, paths);
    let (left_over, asked) = left(&commands, true, true);
    assert_eq!((left_over.len(), asked.len()), (commands.len(), 0), "--keep-scripts asks nothing and keeps all");
    let (left_over, _) = left(&commands, false, false);
    assert_eq!(left_over.len(), commands.len(), "those that write no signals are somebody else's");
}

#[test]
fn other_scripts_are_not_even_asked_about() {
    let commands = [
        "~/.claude/hooks/my-stop.sh",
        "~/.claude/hooks/stop",
        "~/.claude/hooks/stop.sh.bak",
        "~/.claude/hooks/stop.py",
        "~/.claude/hooks/session-start.sh",
        "echo ~/.claude/hooks/stop.sh",
        "python3 ~/.claude/hooks/stop.sh",
        "bash mine.sh ~/.claude/hooks/stop.sh",
        "bash -c '~/.claude/hooks/stop.sh; mine'",
        "~/.claude/hooks/stop.sh; mine",
        "if true; then ~/.claude/hooks/stop.sh; fi",
        "bash",
        "bash -x",
        "powershell -File",
    ];
    let (left_over, asked) = left(&commands, false, true);
    assert_eq!(left_over, commands);
    assert_eq!(asked, Vec::<String>::new());
}

#[test]
fn lists_every_entry_of_ours() {
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
    let mut wanted = registrations();
    for registration in &mut wanted {
        registration.command = registration.command.replace("/home/you/", "\"/home/my name/") + "\"";
        registration.args = None;
    }
    let plan = install_these(b"{}", &wanted);
    assert_eq!(own_entries(&plan.after, &OWNED).expect("valid").len(), wanted.len());
    assert!(!show(&plan.after).contains("args"), "with args, the quotes would be part of the path");
    assert!(!install_these(&plan.after, &wanted).is_change());
    // And back, as after a move to a home without spaces.
    let back = install_these(&plan.after, &registrations());
    assert_eq!(back.after.len(), install_these(b"{}", &registrations()).after.len());
}

#[test]
fn what_could_not_be_told_as_ours_again_is_not_registered() {
    for (command, owned) in [("/opt/x/hook-stop", &OWNED[..]), ("/x/session-signals/hook-stop", &[])] {
        let wanted = Registration { event: "Stop", command: command.to_owned(), args: Some(&[]), timeout: 10 };
        let request = InstallRequest {
            registrations: &[wanted],
            owned,
            place: &place,
            keep_others: false,
            keep_scripts: false,
            writes_signals: &|_| false,
        };
        assert!(
            matches!(crate::settings_editor::plan_install(b"{}", &request), Err(EditRefusal::CheckFailed(_))),
            "{command}"
        );
    }
}

const DAEMONS: [&str; 2] = ["sessions daemons start", "sessions daemons stop"];

#[test]
fn sessions_is_ours_only_where_it_starts_or_ends_daemons() {
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
        let plan = crate::settings_editor::plan_uninstall(text.as_bytes(), &DAEMONS, &place).expect("valid");
        assert_eq!(plan.is_change(), ours, "{hook}");
    }
}

#[test]
fn arguments_become_as_wanted_and_stay_where_they_are_the_users() {
    let command = "/new/session-signals/sessions";
    let args = Some(&["daemons", "start"][..]);
    let wanted = [Registration { event: "SessionStart", command: command.to_owned(), args, timeout: 10 }];
    let request = InstallRequest {
        registrations: &wanted,
        owned: &DAEMONS,
        place: &place,
        keep_others: false,
        keep_scripts: false,
        writes_signals: &|_| false,
    };
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
        // Members that are added come last.
        (&shell, &hook(command, "").replace("10}", r#"10, "args": ["daemons", "start"]}"#)),
    ] {
        let plan = crate::settings_editor::plan_install(before.as_bytes(), &request)
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(show(&plan.after), *after);
    }
    // ChangeKind ends daemons has no business where they are started.
    let stop = hook(command, r#", "args": ["daemons", "stop"]"#);
    let plan =
        crate::settings_editor::plan_install(stop.as_bytes(), &request).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert!(!show(&plan.after).contains("stop") && show(&plan.after).contains(r#""start""#), "{}", show(&plan.after));
}
